// Builds elements. Text is only ever set as text: what a span says is hostile input.

// make("a", { href: "#/", class: "x", onclick: f }, "text", child, [children], null)
export const make = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);

export const draw = (name, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

const fill = (element, attributes, children) => {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...shown(children));
  return element;
};

// What there is of `children`: lists are laid out flat, and what is not there is left out.
const shown = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

export const refill = (element, ...children) => element.replaceChildren(...shown(children));

// Columns: [title, row => cell, class?]. A table for reading aloud as well as for looking at.
export const table = (columns, rows, { caption, rowClass } = {}) =>
  make("div", { class: "scroll" }, make("table", { class: "stack" },
    caption && make("caption", { class: "quiet" }, caption),
    make("thead", {}, make("tr", {}, columns.map(([title, , kind]) => make("th", { scope: "col", class: kind }, title)))),
    make("tbody", {}, rows.map((row) => make("tr", { class: rowClass?.(row) }, columns.map(([title, cell, kind]) => make("td", { class: kind, "data-title": title }, cell(row))))))));

export const card = (title, value, note, kind) =>
  make("div", { class: "card" }, make("span", { class: "quiet" }, title), make("b", { class: kind }, value), note && make("span", { class: "quiet" }, note));

export const pairs = (entries) =>
  make("dl", {}, entries.filter(([, value]) => value !== null && value !== undefined && value !== "" && value.length !== 0).map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));

export const select = (name, title, options, chosen) =>
  make("label", {}, title, make("select", { name }, options.map(([value, text]) => make("option", { value, selected: value === chosen }, text))));

export const field = (name, title, value, attributes = {}) => make("label", {}, title, make("input", { name, value, ...attributes }));

// What is wrong, where people look and screen readers listen.
export const failure = (error) => make("p", { class: "bad", role: "alert" }, error.message);
