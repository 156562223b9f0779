// What a back end refused for good: why, and once it is mended, once more.

import { get, post } from "./api.js";
import { failure, make, table } from "./dom.js";
import { bytes, clock, plural } from "./format.js";

export const title = "Dead letters";

export const show = async () => {
  const { letters, next, total } = await get("/v1/queue/dead", { limit: 50 });
  const list = make("div", {});
  const frame = make("div", {}, make("h2", {}, "Dead letters"));
  if (!letters.length) {
    frame.append(make("p", { class: "good" }, "None. What back ends refuse for good would wait here."));
    return frame;
  }
  frame.append(
    make("p", {}, `${plural(total.letters, "batch", "batches")} with ${plural(total.items, "item")}, ${bytes(total.bytes)}. Mend what the back end complained of, then send them once more.`),
    byExporter(letters), list);
  append(list, letters, next);
  return frame;
};

const byExporter = (letters) => {
  const names = [...new Set(letters.map(({ exporter }) => exporter))];
  return make("p", {}, names.map((exporter) => [action("replay", `Send all of ${exporter} once more`, { exporter }), " "]));
};

// A button that asks twice where something is lost for good.
const action = (verb, text, chosen, sure) => {
  const button = make("button", {
    onclick: async () => {
      if (sure && button.textContent !== sure) {
        button.textContent = sure;
        return;
      }
      button.disabled = true;
      try {
        const { letters, items } = await post(`/v1/queue/dead/${verb}`, chosen);
        const done = verb === "replay" ? "sent once more" : "given up";
        button.replaceWith(make("span", { class: "good", role: "status" }, `${plural(letters ?? 0, "batch", "batches")}, ${plural(items ?? 0, "item")}: ${done}`));
      } catch (error) {
        button.replaceWith(failure(error));
      }
    },
  }, text);
  return button;
};

const append = (list, letters, next) => {
  const shown = table([
    ["Since", ({ died }) => clock(new Date(died)), "nowrap"],
    ["Exporter", ({ exporter }) => exporter],
    ["Holds", ({ items, signal, bytes: size }) => `${plural(items, "item")} of ${signal}, ${bytes(size)}`],
    ["Why", ({ reason }) => reason.replaceAll("_", " ")],
    ["What was said", ({ message }) => message],
    ["", ({ id }) => [action("replay", "Send", { ids: [id] }), " ", action("drop", "Give up", { ids: [id] }, "Really give up?")], "nowrap"],
  ], letters);
  const more = next && letters.length === 50 && make("button", {
    onclick: async () => {
      const page = await get("/v1/queue/dead", { limit: 50, after: next }).catch((error) => failure(error));
      if (page instanceof Node) return more.replaceWith(page);
      more.remove();
      append(list, page.letters, page.next);
    },
  }, "Older ones");
  list.append(shown, ...(more ? [more] : []));
};
