//! Who is served under a host.

/// Hosts, and who is served under them: by the end of their name, by their beginning where it ends in a dot, as a whole
/// with a port.
pub const HOSTS: &[(&str, &str)] = &[
    ("openai.azure.com", "azure.ai.openai"),
    ("cognitiveservices.azure.com", "azure.ai.openai"),
    ("models.inference.ai.azure.com", "azure.ai.inference"),
    ("services.ai.azure.com", "azure.ai.inference"),
    ("openai.com", "openai"),
    ("anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("bedrock-runtime.", "aws.bedrock"),
    ("cohere.com", "cohere"),
    ("cohere.ai", "cohere"),
    ("mistral.ai", "mistral_ai"),
    ("groq.com", "groq"),
    ("deepseek.com", "deepseek"),
    ("x.ai", "x_ai"),
    ("perplexity.ai", "perplexity"),
    ("together.xyz", "together"),
    ("openrouter.ai", "openrouter"),
    ("fireworks.ai", "fireworks"),
    ("moonshot.cn", "moonshot"),
    ("moonshot.ai", "moonshot"),
    ("dashscope.aliyuncs.com", "dashscope"),
    ("dashscope-intl.aliyuncs.com", "dashscope"),
    ("api-inference.huggingface.co", "huggingface"),
    ("router.huggingface.co", "huggingface"),
    ("api.cerebras.ai", "cerebras"),
    ("api.sambanova.ai", "sambanova"),
    ("integrate.api.nvidia.com", "nvidia"),
    ("api.voyageai.com", "voyage"),
    ("bigmodel.cn", "zai"),
    ("api.z.ai", "zai"),
    ("localhost:11434", "ollama"),
    ("127.0.0.1:11434", "ollama"),
    ("ollama:11434", "ollama"),
];

/// Where Amazon serves its models, whatever the region.
const AMAZON: &[&str] = &["amazonaws.com", "amazonaws.com.cn"];

/// Who is served under that host or base URL.
pub fn of_host(url: &str) -> Option<&'static str> {
    let host = host_of(url.as_bytes());
    // Cut at ASCII alone, it is text still.
    let host = std::str::from_utf8(host).unwrap_or_default();
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    HOSTS.iter().find(|(known, _)| serves(host, name, known)).map(|(_, name)| *name)
}

/// Whether [`of_host`] is worth asking. Nearly no host is: each HTTP and database span names one, and none of theirs
/// ends like one of the list.
pub fn may_be_host(url: &[u8]) -> bool {
    let host = host_of(url);
    let name = memchr::memchr(b':', host).map_or(host, |port| &host[..port]);
    ENDS.have(name) || (name.len() < host.len() && ENDS.have(host))
}

/// Whether `known` is that host: with its port, by its beginning where it ends in a dot, else by its end.
fn serves(host: &str, name: &str, known: &str) -> bool {
    if known.contains(':') {
        return host == known;
    }
    if known.ends_with('.') {
        return name.contains(known) && AMAZON.iter().any(|end| name.ends_with(end));
    }
    name.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with(['.', '-']))
}

/// What stands between the scheme and the path of `url`, with its port; all of what is no URL.
#[inline]
fn host_of(url: &[u8]) -> &[u8] {
    let scheme = memchr::memchr(b':', url).filter(|at| url[*at..].starts_with(b"://"));
    let rest = &url[scheme.map_or(0, |at| at + 3)..];
    let host = &rest[..memchr::memchr3(b'/', b'?', b'#', rest).unwrap_or(rest.len())];
    memchr::memrchr(b'@', host).map_or(host, |at| &host[at + 1..])
}

/// How the names of [`HOSTS`] end.
struct Ends {
    /// One bit for a hash of the last eight bytes of each.
    bits: [u64; 16],
    /// Those that are shorter, and which of eight bytes they have.
    short: [(u64, u64); SHORT],
}

/// How many are shorter than eight bytes.
const SHORT: usize = 1;

static ENDS: Ends = {
    let mut ends = Ends { bits: [0; 16], short: [(0, 0); SHORT] };
    let (mut n, mut short) = (0, 0);
    while n < HOSTS.len() + AMAZON.len() {
        let known = if n < HOSTS.len() { HOSTS[n].0 } else { AMAZON[n - HOSTS.len()] }.as_bytes();
        if known.len() < 8 {
            ends.short[short] = (tail(known), (1 << (8 * known.len())) - 1);
            short += 1;
        } else {
            let bit = bit(tail(known));
            ends.bits[bit / 64] |= 1 << (bit % 64);
        }
        n += 1;
    }
    assert!(short == SHORT);
    ends
};

impl Ends {
    #[inline]
    fn have(&self, host: &[u8]) -> bool {
        let tail = tail(host);
        let bit = bit(tail);
        self.bits[bit / 64] >> (bit % 64) & 1 == 1 || self.short.iter().any(|(end, mask)| tail & mask == *end)
    }
}

/// A number below 1024; the constant is 2^64 over the golden ratio.
#[inline]
const fn bit(tail: u64) -> usize {
    (tail.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize
}

/// The last eight bytes, the very last lowest; what is missing is zero.
#[inline]
pub const fn tail(text: &[u8]) -> u64 {
    if let Some(last) = text.last_chunk::<8>() {
        return u64::from_be_bytes(*last);
    }
    let (mut tail, mut n) = (0, 0);
    while n < text.len() {
        tail = tail << 8 | text[n] as u64;
        n += 1;
    }
    tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_known_by_its_name_alone() {
        let check = |url: &str, expected| assert_eq!(of_host(url), expected, "{url}");
        check("api.openai.com", Some("openai"));
        check("https://api.openai.com/v1/", Some("openai"));
        check("https://shop.openai.azure.com:443/openai?x=1", Some("azure.ai.openai"));
        check("us-central1-aiplatform.googleapis.com", Some("gcp.vertex_ai"));
        check("bedrock-runtime.eu-west-1.amazonaws.com", Some("aws.bedrock"));
        check("s3.eu-west-1.amazonaws.com", None);
        check("https://key:secret@api.x.ai/v1", Some("x_ai"));
        check("http://localhost:11434", Some("ollama"));
        check("localhost:8080", None);
        check("mix.ai", None);
        check("notopenai.com", None);
        check("https://shop.example/openai.com?x=1", None);
        check("", None);
    }

    #[test]
    fn every_host_of_the_list_is_worth_asking_for() {
        for (known, provider) in HOSTS {
            let host = if known.ends_with('.') {
                format!("{known}eu-west-1.amazonaws.com")
            } else {
                known.to_string()
            };
            for url in [host.clone(), format!("https://api.{host}/v1"), format!("http://a:b@{host}?x=1")] {
                assert!(may_be_host(url.as_bytes()), "{url}");
            }
            assert_eq!(of_host(&host), Some(*provider));
        }
        assert!(
            !may_be_host(b"orders.shop.svc.cluster.local") && !may_be_host(b"https://shop.example/openai")
        );
    }
}
