// Shows /openapi.json: every operation with what it takes and gives. Text is set as text, never as HTML.

const make = (name, text, ...children) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};

// A schema as a short example of its shape.
const shape = (schema, all, depth = 0) => {
  if (!schema) return null;
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return depth > 5 ? name : shape(all[name], all, depth + 1);
  }
  const parts = schema.oneOf ?? schema.anyOf;
  if (parts) return shape(parts.find((part) => part.type !== "null"), all, depth);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => shape(part, all, depth)));
  if (schema.enum) return schema.enum.join(" | ");
  const type = [].concat(schema.type ?? "object").find((name) => name !== "null");
  if (type === "array") return [shape(schema.items, all, depth + 1)];
  if (type !== "object") return schema.format ?? type;
  const entries = Object.entries(schema.properties ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, shape(value, all, depth + 1)]));
};

const body = (title, content, all) => {
  const [kind, media] = Object.entries(content ?? {})[0] ?? [];
  if (!kind) return [make("p", title)];
  const shown = media.example ?? shape(media.schema, all);
  const example = shown ? [make("pre", JSON.stringify(shown, null, 2))] : [];
  return [make("p", `${title}: ${kind}`), ...example];
};

const parameters = (list) => {
  const rows = list.map(({ name, in: where, description }) =>
    make("tr", "", make("td", "", make("code", name)), make("td", where), make("td", description ?? "")));
  return make("table", "", make("tbody", "", ...rows));
};

const operation = (path, method, what, all) => {
  const name = make("span", method.toUpperCase());
  name.className = "method";
  const summary = make("summary", "", name, make("code", path), ` ${what.summary ?? ""}`);
  const details = make("details", "", summary);
  if (what.description) details.append(make("p", what.description));
  if (what.parameters?.length) details.append(parameters(what.parameters));
  if (what.requestBody) details.append(...body("Takes", what.requestBody.content, all));
  for (const [status, answer] of Object.entries(what.responses ?? {})) {
    details.append(...body(`${status} ${answer.description}`, answer.content, all));
  }
  return details;
};

const target = document.getElementById("paths");
try {
  const api = await (await fetch("/openapi.json")).json();
  const all = api.components?.schemas ?? {};
  const shown = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, what]) => operation(path, method, what, all)));
  target.replaceChildren(...shown);
} catch (error) {
  target.textContent = `The description could not be read: ${error.message}`;
}
