// What an operator does on the page, in a real browser: node stories.mjs http://127.0.0.1:PORT [FOLDER for pictures]
// Says which story failed and exits with 1.
import assert from "node:assert/strict";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

const [, , base, pictures] = process.argv;
const HOSTILE = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'>";
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu", "--no-proxy-server"] });

const open = async (hash, { width = 1280, scheme = "light" } = {}) => {
  const page = await browser.newPage();
  page.complaints = [];
  page.on("console", (said) => ["error", "warn"].includes(said.type()) && page.complaints.push(said.text()));
  page.on("pageerror", (error) => page.complaints.push(error.message));
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(`${base}/${hash}`);
  await page.waitForSelector("main > *:not(noscript)");
  return page;
};

const text = (page, selector = "main") => page.$eval(selector, (element) => element.innerText);
const says = (page, words, selector = "main") =>
  page.waitForFunction((selector, words) => document.querySelector(selector)?.innerText.includes(words), { timeout: 10000 }, selector, words);
const press = async (page, words) => (await page.waitForSelector(`::-p-xpath(//button[contains(., "${words}")])`)).click();
const picture = async (page, name) => pictures && page.screenshot({ path: join(pictures, `${name}.png`) });

// Nothing that a span says runs, and nothing on the page complains.
const close = async (page) => {
  assert.equal(await page.evaluate(() => window.hurt), undefined, "a text of a span was run");
  assert.deepEqual(page.complaints, []);
  await page.close();
};

const stories = {
  "now says what is in the way and what to do": async () => {
    const page = await open("#/");
    await says(page, "batches with 9 items were refused for good");
    await says(page, "What to do:");
    await says(page, "trouble", "#pulse");
    assert.match(await text(page), /local\s+delivering/);
    const aligned = await page.$$eval("td[data-title=Dead], td[data-title=Dropped], td[data-title=Sent]", (cells) => cells.map((cell) => getComputedStyle(cell).textAlign));
    assert.deepEqual([...new Set(aligned)], ["right"], "numbers of a table stand under each other");
    await picture(page, "now");
    await close(page);
  },
  "calls are filtered by what was found and opened": async () => {
    const page = await open("#/calls");
    const all = (await page.$$("tbody tr")).length;
    await page.click("input[value=pii]");
    await page.click("form button.main");
    await page.waitForFunction((all) => location.hash.includes("flag=pii") && document.querySelectorAll("tbody tr").length < all, {}, all);
    assert.ok((await page.$$eval("tbody tr", (rows) => rows.map((row) => row.innerText))).every((row) => row.includes("EMAIL_ADDRESS")));
    await picture(page, "calls");
    await page.click("tbody a");
    await says(page, "Messages, as they left");
    assert.equal(await page.$eval(".message mark", (mark) => mark.textContent), "[EMAIL_ADDRESS]");
    assert.ok(!(await text(page)).includes("jane.roe"), "what was redacted is shown");
    await picture(page, "call");
    await close(page);
  },
  "a new call comes in by itself": async () => {
    const page = await open("#/calls");
    const before = (await page.$$("tbody tr")).length;
    const response = await fetch(`${base}/v1/status`);
    const { listening } = await response.json();
    const otlp = listening.find(({ what }) => what === "http").at;
    const now = BigInt(Date.now()) * 1000000n;
    const attributes = [["gen_ai.operation.name", "chat"], ["gen_ai.request.model", "fresh-model"]].map(([key, stringValue]) => ({ key, value: { stringValue } }));
    const span = { traceId: "f".repeat(32), spanId: "f".repeat(16), name: "chat fresh-model", startTimeUnixNano: `${now}`, endTimeUnixNano: `${now + 5000000n}`, attributes };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    await fetch(`http://${otlp}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body });
    await says(page, "fresh-model");
    assert.equal((await page.$$("tbody tr")).length, before + 1);
    await close(page);
  },
  "what a span says is shown and never run": async () => {
    const page = await open("#/calls");
    await says(page, HOSTILE);
    const links = await page.$$eval("tbody a", (all) => all.map((a) => a.getAttribute("href")));
    for (const link of links.slice(0, 8)) {
      await page.goto(`${base}/${link}`);
      await says(page, "Messages, as they left");
    }
    for (const hash of ["#/", "#/trends", "#/trends?by=service", "#/dead"]) {
      await page.goto(`${base}/${hash}`);
      await page.waitForSelector("main > *");
    }
    await close(page);
  },
  "trends are drawn, and the numbers can be read": async () => {
    const page = await open("#/trends?since=1h");
    assert.equal((await page.$$("svg")).length, 8);
    await page.select("select[name=by]", "service");
    await page.waitForFunction(() => location.hash.includes("by=service"));
    await says(page, "shop", "figcaption");
    await page.click("figure summary");
    await page.waitForSelector("figure tbody tr");
    assert.ok((await page.$$("figure tbody tr")).length > 10);
    await picture(page, "trends");
    await close(page);
  },
  "a text is tried out": async () => {
    const page = await open("#/try");
    await page.$eval("textarea", (area, hostile) => { area.value = `mail jane.roe@example.org ${hostile}`; }, HOSTILE);
    await press(page, "Look");
    await says(page, "EMAIL_ADDRESS");
    await says(page, "[EMAIL_ADDRESS]");
    await picture(page, "try");
    await close(page);
  },
  "a rule is tried, refused where it is wrong, put in force and taken back": async () => {
    const page = await open("#/rules?set=pii");
    const write = (rules) => page.$eval("textarea", (area, rules) => { area.value = rules; }, rules);
    await write("action: mask\ntypos: none");
    await press(page, "Put in force");
    await says(page, "typos");
    assert.ok(page.complaints.length <= 1, "a refusal is no fault of the page");
    page.complaints.length = 0; // Chromium itself logs each answer of 422.
    await write("action: hash\nhash_key: made-up-key-of-some-length");
    await press(page, "Try on the latest calls");
    await says(page, "nothing was changed");
    await press(page, "Put in force");
    await says(page, "Version 1");
    await picture(page, "rules");
    await press(page, "Back to the configuration");
    await says(page, "As the configuration has it");
    await close(page);
  },
  "dead letters are sent once more, and given up after a second question": async () => {
    const page = await open("#/dead");
    await press(page, "Give up");
    await press(page, "Really give up?");
    await says(page, "given up");
    await picture(page, "dead");
    await press(page, "once more");
    await says(page, "sent once more");
    await close(page);
  },
  "everything can be reached by keyboard": async () => {
    const page = await open("#/");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    for (let steps = 0; steps < 3; steps++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => location.hash === "#/trends" && document.activeElement.id === "main");
    await close(page);
  },
  "a call is found and opened by keyboard": async () => {
    const page = await open("#/calls");
    await page.waitForSelector("tbody a");
    let steps = 0;
    do {
      await page.keyboard.press("Tab");
      steps += 1;
      assert.ok(steps < 60, "no call is reached by Tab");
    } while (!(await page.evaluate(() => document.activeElement.matches("tbody a"))));
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid", "where one is can be seen");
    await page.keyboard.press("Enter");
    await says(page, "Messages, as they left");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    console.log(`   ${steps} times Tab to the first call`);
    await close(page);
  },
  "it fits a telephone and a wide screen, in dark and in light": async () => {
    for (const width of [360, 1600]) {
      for (const scheme of ["light", "dark"]) {
        for (const hash of ["#/", "#/calls", "#/trends", "#/try", "#/rules", "#/dead"]) {
          const page = await open(hash, { width, scheme });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${hash} is ${wide} px wide on a screen of ${width}`);
          if (width === 360 && scheme === "dark" && hash === "#/calls") await picture(page, "telephone");
          await close(page);
        }
      }
    }
  },
  // Last: what it sends would be in the way of the others. The time is told, for whoever reads it knows the machine.
  "it loads with many calls stored": async () => {
    const many = Number(process.env.SIDELIGHT_PAGE_CALLS ?? 2000);
    const { listening } = await (await fetch(`${base}/v1/status`)).json();
    const otlp = listening.find(({ what }) => what === "http").at;
    const attributes = [["gen_ai.operation.name", "chat"], ["gen_ai.request.model", "gpt-4o"]].map(([key, stringValue]) => ({ key, value: { stringValue } }));
    const stored = async () => (await (await fetch(`${base}/v1/calls?limit=1&totals=true`)).json()).totals.calls;
    const before = await stored();
    for (let sent = 0; sent < many; sent += 500) {
      const spans = Array.from({ length: Math.min(500, many - sent) }, (_, n) => {
        const [id, start] = [(0xabc0000000 + sent + n).toString(16), BigInt(Date.now() - (sent + n)) * 1000000n];
        return { traceId: id.padStart(32, "0"), spanId: id.padStart(16, "0"), name: "chat gpt-4o", startTimeUnixNano: `${start}`, endTimeUnixNano: `${start + 5000000n}`, attributes };
      });
      const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
      const answer = await fetch(`http://${otlp}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body });
      assert.equal(answer.status, 200);
    }
    const deadline = Date.now() + 60000;
    while ((await stored()) < before + many) assert.ok(Date.now() < deadline, "the calls are not stored");
    for (const [hash, seen] of [["#/", "main .card"], ["#/calls", "main tbody tr"], ["#/trends", "main svg"]]) {
      const page = await open(hash);
      await page.waitForSelector(seen);
      // Once more, now that the browser has started.
      const begun = performance.now();
      await page.reload({ waitUntil: "domcontentloaded" });
      await page.waitForSelector(seen);
      console.log(`   ${hash} shows ${many} calls after ${Math.round(performance.now() - begun)} ms`);
      await close(page);
    }
  },
};

let failed = 0;
for (const [name, story] of Object.entries(stories)) {
  await story().then(
    () => console.log(`ok: ${name}`),
    (error) => {
      failed += 1;
      console.error(`FAILED: ${name}: ${error.message}`);
    },
  );
}
await browser.close();
process.exit(failed ? 1 : 0);
