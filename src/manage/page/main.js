// The page: which view is shown, and what arrives live.

import { events, setToken } from "./api.js";
import { failure, make } from "./dom.js";
import * as call from "./view_call.js";
import * as calls from "./view_calls.js";
import * as dead from "./view_dead.js";
import * as now from "./view_now.js";
import * as rules from "./view_rules.js";
import * as trends from "./view_trends.js";
import * as playground from "./view_try.js";

// A view is { title, show(wanted) → element, hear?(name, data) }; those without a place in the menu are opened from others.
const VIEWS = { "": now, calls, trends, try: playground, rules, dead, call };
const MENU = ["", "calls", "trends", "try", "rules", "dead"];

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const pulse = document.getElementById("pulse");
let shown = 0;
let view;

const route = () => {
  const [name, query] = location.hash.replace(/^#\/?/, "").split("?");
  return [name in VIEWS ? name : "", Object.fromEntries(new URLSearchParams(query ?? ""))];
};

const menu = (current) =>
  nav.replaceChildren(...MENU.map((name) => make("a", { href: `#/${name}`, "aria-current": name === current && "page" }, VIEWS[name].title)));

const show = async (focus) => {
  const [name, wanted] = route();
  const mine = ++shown;
  menu(name === "call" ? "calls" : name);
  document.title = `${VIEWS[name].title} – Sidelight`;
  view = VIEWS[name];
  const element = await view.show(wanted).catch((error) => (error.status === 401 ? askForToken() : failure(error)));
  if (mine !== shown) return; // Something else was opened meanwhile.
  main.replaceChildren(element);
  if (focus) main.focus({ preventScroll: true });
};

const askForToken = () => {
  const input = make("input", { name: "token", type: "password", autocomplete: "off", required: true });
  const enter = (event) => {
    event.preventDefault();
    setToken(input.value);
    location.reload();
  };
  return make("form", { onsubmit: enter }, make("label", {}, "Bearer token (manage.auth)", input), make("button", { class: "main" }, "Enter"));
};

const say = (text, kind) => {
  pulse.className = kind ?? "";
  if (pulse.textContent !== text) pulse.textContent = text;
};

const hear = (name, data) => {
  if (name === "status") {
    const bad = data.troubles.length;
    say(bad ? `${bad === 1 ? "1 trouble" : `${bad} troubles`}, see Now` : "All is well", bad ? "warn" : "good");
  }
  view?.hear?.(name, data);
};

window.addEventListener("hashchange", () => show(true));
show(false);
events(hear, (error) => error.status !== 401 && say("The agent does not answer", "bad"));
