// Series over time, as stacked areas or as lines, drawn with SVG. The same numbers stand in a table below for those who cannot see it.

import { draw, make, table } from "./dom.js";
import { clock } from "./format.js";

const WIDTH = 640;
const HEIGHT = 200;
const LEFT = 52;
const BOTTOM = 20;

// `series`: [{ name, values }], each as long as `times` (seconds since 1970). `show` writes a value.
export const chart = (title, times, series, { stacked = false, show = String } = {}) => {
  const shown = series.map(({ name, values }) => ({ name, values: values.map((value) => value ?? null) }));
  const tops = stacked ? stack(shown) : shown.map(({ values }) => values);
  const most = Math.max(...tops.flat().filter(Number.isFinite), 0);
  const top = most > 0 ? roundUp(most) : 1;
  const x = (place) => LEFT + (times.length > 1 ? (place / (times.length - 1)) * (WIDTH - LEFT) : (WIDTH - LEFT) / 2);
  const y = (value) => 8 + (1 - value / top) * (HEIGHT - BOTTOM - 8);
  const scale = { x, y, top, show };
  const cursor = draw("line", { class: "cursor", y1: 8, y2: HEIGHT - BOTTOM, visibility: "hidden" });
  const hint = make("p", { class: "quiet hint" });
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}: ${summary(shown, show)}` },
    grid(scale), axis(times, x), stacked ? areas(tops, x, y) : lines(tops, x, y), cursor);
  const point = (event) => {
    const box = svg.getBoundingClientRect();
    const place = Math.round(((event.clientX - box.left) / box.width * WIDTH - LEFT) / (WIDTH - LEFT) * (times.length - 1));
    const inside = place >= 0 && place < times.length;
    cursor.setAttribute("visibility", inside ? "visible" : "hidden");
    if (!inside) return;
    cursor.setAttribute("x1", x(place));
    cursor.setAttribute("x2", x(place));
    const values = shown.map(({ name, values }) => `${name} ${show(values[place])}`);
    hint.textContent = `${clock(new Date(times[place] * 1000))}: ${values.join(", ")}`;
  };
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerleave", () => { cursor.setAttribute("visibility", "hidden"); hint.textContent = ""; });
  const keys = shown.map(({ name }, place) => make("span", { class: `key c${place % 8}` }, make("span", {}, name)));
  return make("figure", {}, make("h3", {}, title), svg, make("figcaption", {}, keys), hint, numbers(title, times, shown, show));
};

const stack = (series) => {
  const sums = [];
  return series.map(({ values }) => values.map((value, place) => (sums[place] = (sums[place] ?? 0) + (value ?? 0))));
};

// 1, 2 or 5 times a power of ten.
const roundUp = (value) => {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value) * power;
};

const grid = ({ y, top, show }) =>
  [0, 0.5, 1].map((part) => [
    draw("line", { class: "grid", x1: LEFT, x2: WIDTH, y1: y(top * part), y2: y(top * part) }),
    draw("text", { x: LEFT - 6, y: y(top * part) + 4, "text-anchor": "end" }, show(top * part)),
  ]);

const axis = (times, x) => {
  const places = [...new Set([0, Math.floor((times.length - 1) / 2), times.length - 1])].filter((place) => place >= 0);
  const anchor = (place) => (place === 0 ? "start" : place === times.length - 1 ? "end" : "middle");
  const long = times.length > 1 && times.at(-1) - times[0] > 86400;
  const text = (date) => date.toLocaleString("en-GB", long ? { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } : { timeStyle: "short" });
  return places.map((place) => draw("text", { x: x(place), y: HEIGHT - 4, "text-anchor": anchor(place) }, text(new Date(times[place] * 1000))));
};

const areas = (tops, x, y) =>
  tops.map((values, number) => {
    const upper = values.map((value, place) => `${x(place)},${y(value)}`);
    const lower = values.map((_, place) => `${x(place)},${y(number ? tops[number - 1][place] : 0)}`).reverse();
    return draw("polygon", { class: `area c${number % 8}`, points: [...upper, ...lower].join(" ") });
  }).reverse();

const lines = (series, x, y) =>
  series.map((values, number) => {
    const steps = values.map((value, place) => (Number.isFinite(value) ? `${Number.isFinite(values[place - 1]) ? "L" : "M"}${x(place)} ${y(value)}` : ""));
    const alone = values.map((value, place) =>
      Number.isFinite(value) && !Number.isFinite(values[place - 1]) && !Number.isFinite(values[place + 1]) && draw("circle", { cx: x(place), cy: y(value), r: 2.5, fill: "currentColor" }));
    return draw("g", { class: `c${number % 8}` }, draw("path", { class: "lines", d: steps.join("") }), alone);
  });

const summary = (series, show) => {
  const last = series.map(({ name, values }) => `${name} ${show(values.at(-1))}`);
  return last.length ? `last ${last.join(", ")}` : "no data";
};

const numbers = (title, times, series, show) => {
  const details = make("details", {}, make("summary", { class: "quiet" }, "The numbers"));
  const columns = [["from", (place) => clock(new Date(times[place] * 1000)), "nowrap"], ...series.map(({ name, values }) => [name, (place) => show(values[place]), "number"])];
  details.addEventListener("toggle", () => {
    if (details.open && !details.querySelector("table")) details.append(table(columns, [...times.keys()], { caption: title }));
  });
  return details;
};
