// The endpoint's page in a browser. swagger.sh starts the endpoint, says where it is, and counts rows afterwards.
//
//   node swagger.mjs URL BROWSER PROFILE_FOLDER

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const [url, executablePath, profile] = process.argv.slice(2);
const { chromium } = createRequire(join(process.env.TEPAL_PLAYWRIGHT, "x.js"))("playwright-core");
const shots = process.env.TEPAL_SHOTS;
const own = new URL(url).origin;

const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  headless: true,
  chromiumSandbox: false,
  viewport: { width: 1280, height: 900 },
  colorScheme: "light",
  args: [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    // Whatever else asks for a name gets none, so that nothing leaves even where the page is wrong.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  ],
});

const foreign = [];
const complaints = [];
/// Answers other than 2xx that a step means to get.
let meant = [];
const rows = {};

context.on("request", (request) => {
  const target = new URL(request.url());
  if (!["data:", "blob:", "about:"].includes(target.protocol) && target.origin !== own)
    foreign.push(request.url());
});
context.on("requestfailed", (request) =>
  complaints.push(`${request.url()} failed: ${request.failure()?.errorText}`));
context.on("response", (response) => {
  if (response.status() >= 400 && !meant.includes(new URL(response.url()).pathname))
    complaints.push(`${response.url()} was answered ${response.status()}`);
});
context.on("console", (message) => {
  // The browser says by itself that an answer was none of the 200s.
  const answer = meant.includes(new URL(message.location().url || own).pathname);
  if (["error", "warning"].includes(message.type()) && !answer)
    complaints.push(`console: ${message.text()}`);
});
context.on("weberror", (error) => complaints.push(`script: ${error.error()}`));

const page = context.pages()[0] ?? (await context.newPage());
page.setDefaultTimeout(20_000);
page.on("websocket", (socket) => foreign.push(socket.url()));

/// Unfolds a call, fills it in and sends it. `expected` goes through the answer as it is shown.
async function tryOut(path, { body, parameters = {}, status = 200, expected }) {
  const call = page.locator(".opblock").filter({ has: page.locator(`[data-path="${path}"]`) });
  assert.equal(await call.count(), 1, `${path} stands on the page once`);
  if (!(await call.locator(".opblock-body").count())) {
    await call.locator(".opblock-summary-control").click();
  }
  await call.getByRole("button", { name: /^(Try it out|Cancel)/ }).first().waitFor();
  if (await call.getByRole("button", { name: "Try it out" }).count())
    await call.getByRole("button", { name: "Try it out" }).click();
  for (const [name, value] of Object.entries(parameters)) {
    const choice = call.locator(`tr[data-param-name="${name}"]`).locator("select, input");
    if (await choice.evaluate((one) => one.tagName) === "SELECT") await choice.selectOption(value);
    else await choice.fill(value);
  }
  const field = call.locator("textarea.body-param__text");
  await field.waitFor();
  if (body !== undefined) await field.fill(body);
  // What the page proposes comes a moment after the field.
  for (let i = 0; i < 200 && !(await field.inputValue()).trim(); ++i) await page.waitForTimeout(50);
  const [response] = await Promise.all([
    page.waitForResponse((r) => r.request().method() === "POST" && r.url().startsWith(own)),
    call.getByRole("button", { name: "Execute" }).click(),
  ]);
  const shown = call.locator(".live-responses-table");
  await shown.locator("tbody .response-col_status").filter({ hasText: String(response.status()) }).waitFor();
  const text = await shown.locator(".response-col_description pre").first().innerText();
  assert.equal(response.status(), status, `${path}: ${text}`);
  assert.match(text.trim(), expected, path);
  // The curl line that the page shows is one that can be copied: it names this endpoint.
  assert.ok((await call.locator(".curl-command").innerText()).includes(own), `${path}: the curl line`);
  console.log(`ok      ${path} shows ${status} ${text.trim().split("\n")[0]}`);
  return call;
}

async function shoot(name, options = {}) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`), ...options });
}

function counted(dataset) {
  rows[dataset] = (rows[dataset] ?? 0) + 1;
}

/// Nothing sticks out to the side; scrolling goes down and nowhere else.
async function fits(width) {
  await page.setViewportSize({ width, height: 844 });
  await page.evaluate(() => scrollTo(0, 0));
  const wide = await page.evaluate(() => ({
    page: document.documentElement.scrollWidth,
    view: document.documentElement.clientWidth,
    what: [...document.querySelectorAll("#ui *")]
      .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
      .filter((e) => {
        for (let p = e.parentElement; p; p = p.parentElement)
          if (getComputedStyle(p).overflowX !== "visible") return false;
        return true;
      })
      .slice(0, 5)
      .map((e) => `${e.tagName}.${e.className}`),
  }));
  assert.ok(wide.page <= wide.view, `at ${width} the page is ${wide.page} wide: ${wide.what}`);
  console.log(`ok      ${width} wide, nothing sticks out`);
}

try {
  await page.goto(`${url}/`);
  await page.locator(".swagger-ui .info .title").waitFor();
  await page.locator(".opblock").first().waitFor();
  assert.equal(await page.title(), "iris_classifier");
  const line = await page.locator(".info code").first().innerText();
  assert.ok(line.endsWith(` ${own}/v1/models/iris/predict`), `the line to copy names this endpoint: ${line}`);
  assert.equal(await page.locator("#plain").isVisible(), false, "the page for browsers without scripts is away");
  await shoot("light-folded", { fullPage: true });

  // As the page proposes it, then as README has it, then with reasons.
  await tryOut("/v1/models/iris/predict", { expected: /^setosa$/ });
  counted("model-1");
  await tryOut("/v1/models/iris/predict", { body: "[[4.9, 3.0, 1.4, 0.2]]", expected: /^setosa$/ });
  counted("model-1");
  const flower = await tryOut("/v1/models/iris/predict", {
    body: "[[6.3, 3.3, 6.0, 2.5]]", expected: /^virginica$/,
  });
  if (shots) await flower.screenshot({ path: join(shots, "light-predict.png") });
  counted("model-1");
  await tryOut("/v1/models/iris/predict", {
    parameters: { explain: "1" }, body: "[[4.9, 3.0, 1.4, 0.2]]", expected: /"effects"[^]*"petal/,
  });

  await tryOut("/v1/models/{model}/batch", {
    parameters: { model: "iris_knn" }, body: "[[4.9, 3.0, 1.4, 0.2]]", expected: /^\[\s*"setosa"\s*\]$/,
  });
  counted("iris_knn");
  await tryOut("/v1/models/{model}:predict", {
    parameters: { model: "iris_knn" }, body: '{"instances": [[4.9, 3.0, 1.4, 0.2]]}',
    expected: /"predictions"[^]*"setosa"/,
  });
  counted("iris_knn");
  await tryOut("/invocations", {
    body: '{"inputs": [[4.9, 3.0, 1.4, 0.2]]}', expected: /"predictions"[^]*"setosa"/,
  });
  counted("model-1");
  await tryOut("/v2/models/{model}/infer", {
    parameters: { model: "iris_knn" },
    body: '{"inputs": [{"name": "input", "shape": [1, 4], "datatype": "FP64", "data": [4.9, 3.0, 1.4, 0.2]}]}',
    expected: /"outputs"[^]*"setosa"/,
  });
  counted("iris_knn");
  await tryOut("/v1/models/custom_model/predict", { expected: /"a": 1/ });
  counted("model-2");
  await tryOut("/v1/log", { expected: /"rows": 2/ });
  rows["model-1"] += 2; // The page's example has two rows, and goes to the same dataset.

  // What is wrong is told on the page.
  meant = ["/v1/models/iris/predict"];
  await tryOut("/v1/models/iris/predict", {
    parameters: { explain: "0" }, body: "[[4.9, 3.0]]", status: 400, expected: /4/,
  });
  await page.waitForTimeout(300);
  meant = [];

  await fits(390); // With all of them open.
  await page.goto(`${url}/`);
  await page.locator(".opblock").first().waitFor();
  await fits(390);
  await shoot("mobile-folded", { fullPage: true });
  const call = await tryOut("/v1/models/iris/predict", { expected: /^setosa$/ });
  counted("model-1");
  if (shots) await call.screenshot({ path: join(shots, "mobile-predict.png") });
  await fits(1024);

  assert.deepEqual(foreign, [], "requests to others");
  assert.deepEqual(complaints, [], "complaints of the browser");
  console.log("ok      no request to anybody else, no complaint");
  for (const [dataset, count] of Object.entries(rows)) console.log(`rows ${dataset}=${count}`);
} catch (problem) {
  console.log(`FAILED  ${problem.message}`);
  for (const line of [...foreign, ...complaints]) console.log(`        ${line}`);
  await shoot("failed", { fullPage: true }).catch(() => {});
  process.exitCode = 1;
} finally {
  await context.close();
}
