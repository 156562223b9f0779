// Asks the API. Errors carry a sentence for people; a missing token asks for one.

const TOKEN = "sidelight-token";
const token = () => sessionStorage.getItem(TOKEN);
const headers = () => (token() ? { authorization: `Bearer ${token()}` } : {});

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `The agent answered ${status}.`);
    this.status = status;
    this.errors = problem.errors ?? [];
  }
}

export const setToken = (text) => sessionStorage.setItem(TOKEN, text);

const send = async (path, options) => {
  const answer = await fetch(path, options).catch(() => {
    throw new Error("The agent does not answer. Is it running?");
  });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, problem);
};

const query = (wanted) => {
  const given = Object.entries(wanted).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : "";
};

export const get = async (path, wanted = {}, signal) => (await send(path + query(wanted), { headers: headers(), signal })).json();

export const post = (path, body) => change("POST", path, JSON.stringify(body ?? {}));

// `match` is the ETag of what is to be changed, so that nobody's work is overwritten unseen.
export const change = async (method, path, body, { match, type = "application/json" } = {}) => {
  const extra = { "content-type": type, ...(match ? { "if-match": match } : {}) };
  const answer = await send(path, { method, headers: { ...headers(), ...extra }, body });
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
};

export const getTagged = async (path) => {
  const answer = await send(path, { headers: headers() });
  return [await answer.json(), answer.headers.get("etag")];
};

// Server-sent events by `fetch`, which can carry a token; begins anew when the stream ends.
export const events = async (hear, lost) => {
  for (let wait = 500; ; wait = Math.min(wait * 2, 15000)) {
    try {
      const { body } = await send("/v1/events", { headers: headers() });
      wait = 500;
      for await (const [name, data] of parsed(body)) hear(name, data);
    } catch (error) {
      lost(error);
      if (error.status === 401) return;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
};

async function* parsed(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n").map((line) => line.split(/: ?(.*)/s, 2));
      const of = (key) => lines.filter(([name]) => name === key).map(([, text]) => text).join("\n");
      if (of("data")) yield [of("event"), JSON.parse(of("data"))];
    }
  }
}
