// Numbers and moments as people read them.

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const count = (value) => (value === null || value === undefined ? "–" : number.format(value));
export const compact = (value) => (value === null || value === undefined ? "–" : short.format(value));

// A call may cost a hundredth of a cent: two digits that say something.
export const money = (usd) => {
  if (usd === null || usd === undefined) return "–";
  if (usd === 0) return "$0";
  const digits = usd >= 1 ? 2 : Math.min(8, 1 - Math.floor(Math.log10(usd)));
  return `$${usd.toFixed(digits)}`;
};

export const millis = (ms) => {
  if (ms === null || ms === undefined) return "–";
  return ms < 1000 ? `${Math.round(ms)} ms` : seconds(ms / 1000);
};

export const seconds = (s) => {
  if (s === null || s === undefined) return "–";
  if (s < 60) return `${s.toFixed(s < 10 ? 1 : 0)} s`;
  const parts = [[86400, "d"], [3600, "h"], [60, "min"]];
  const place = parts.findIndex(([length]) => s >= length);
  const [length, unit] = parts[place];
  const rest = parts[place + 1];
  const left = rest ? Math.floor((s % length) / rest[0]) : 0;
  return `${Math.floor(s / length)} ${unit}${left ? ` ${left} ${rest[1]}` : ""}`;
};

export const bytes = (value) => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const place = value > 0 ? Math.min(Math.floor(Math.log2(value) / 10), units.length - 1) : 0;
  return `${number.format(value / 1024 ** place)} ${units[place]}`;
};

export const moment = (nanos) => clock(new Date(nanos / 1e6));

export const clock = (date) => {
  const today = new Date().toDateString() === date.toDateString();
  return date.toLocaleString("en-GB", today ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" });
};

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
