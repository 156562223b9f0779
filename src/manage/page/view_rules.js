// The rules in force: what is found, flagged, priced and sampled. Tried on the latest calls before they are changed.

import { change, getTagged } from "./api.js";
import { make, refill, table } from "./dom.js";
import { count, money, plural } from "./format.js";

export const title = "Rules";

const SETS = {
  pii: "what is taken for personal data or a secret, and what is done with it",
  injection: "what is taken for a prompt injection",
  prices: "what models cost, in the form of a price file; a row here stands above the built-in ones",
  sample: "which calls get a hash and a vector",
};

export const show = async ({ set = "pii" }) => {
  const name = set in SETS ? set : "pii";
  const [rules, tag] = await getTagged(`/v1/rules/${name}`);
  return make("div", {},
    make("nav", { "aria-label": "Sets of rules" }, Object.keys(SETS).map((other) => make("a", { href: `#/rules?set=${other}`, "aria-current": other === name && "page" }, other))),
    make("p", { class: "quiet" }, `These rules say ${SETS[name]}. YAML or JSON as in the configuration; what is not said stays as the configuration has it.`),
    editor(name, rules, tag));
};

const editor = (name, rules, tag) => {
  const text = make("textarea", { "aria-label": `Rules for ${name}`, spellcheck: "false", rows: 14 });
  text.value = rules.text ?? (name === "prices" ? "providers: {}\n" : JSON.stringify(rules.rules, null, 2));
  const answer = make("div", { role: "status" });
  const path = `/v1/rules/${name}`;
  const send = (method, to, done) => async (event) => {
    event.target.disabled = true;
    try {
      refill(answer, done(await change(method, to, text.value, { match: tag, type: "application/yaml" })));
    } catch (error) {
      refill(answer, wrong(error));
    }
    event.target.disabled = false;
  };
  const again = (words) => () => {
    show({ set: name }).then((fresh) => {
      answer.closest("main > div")?.replaceWith(fresh);
      fresh.append(make("p", { class: "good", role: "status" }, words));
    });
    return null;
  };
  return make("form", { onsubmit: (event) => event.preventDefault() },
    make("label", { class: "wide" }, rules.saved ? `Version ${rules.version}, saved here: it stands above the configuration` : "As the configuration has it", text),
    make("button", { type: "button", class: "main", onclick: send("PUT", `${path}?dry_run=true`, tried) }, "Try on the latest calls"),
    make("button", { type: "button", onclick: send("PUT", path, again("In force from the next request on.")) }, "Put in force"),
    rules.saved && make("button", { type: "button", onclick: send("POST", `${path}/rollback`, again("The configuration is in force again.")) }, "Back to the configuration"),
    make("label", { class: "wide" }, answer));
};

const wrong = (error) => make("div", { class: "bad", role: "alert" }, make("p", {}, error.message), make("ul", {}, (error.errors ?? []).map((line) => make("li", {}, line))));

const tried = ({ recent }) => {
  const rows = [
    ...Object.entries(recent.pii).map(([type, figures]) => [type, figures, count]),
    ["injection attempts", recent.injection, count],
    ["sampled calls", recent.sampled, count],
    ["cost", recent.cost_usd, money],
  ];
  return [
    table([
      ["", ([name]) => name],
      ["Now", ([, { now }, show]) => show(now), "number"],
      ["With these rules", ([, { now, then }, show]) => make("span", { class: now === then ? "" : "warn" }, show(then)), "number"],
    ], rows, { caption: `The latest ${plural(recent.calls, "call")}; nothing was changed. Their texts are as they left: what was masked then is not found anew.` }),
  ];
};
