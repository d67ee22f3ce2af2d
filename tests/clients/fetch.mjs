// Node's fetch against an endpoint with the iris model. Says `rows DATASET=COUNT` for what has to be counted.
//
//   node fetch.mjs URL

import assert from "node:assert/strict";
import { gzipSync, deflateSync } from "node:zlib";

const url = process.argv[2];
const model = "iris_knn"; // As "tepal train iris" calls it.
const named = `/v1/models/${model}`;
const flower = [4.9, 3.0, 1.4, 0.2];
const flowers = [flower, [6.3, 3.3, 6.0, 2.5], [5.7, 2.8, 4.1, 1.3]];
const classes = ["setosa", "virginica", "versicolor"];
const columns = ["sepal length", "sepal width", "petal length", "petal width"];
const records = flowers.map((row) => Object.fromEntries(row.map((value, i) => [columns[i], value])));
const json = { "content-type": "application/json" };

const rows = { "model-1": 0, [model]: 0, "model-2": 0 };
let checks = 0;

async function ask(path, body, headers = json, options = {}) {
  const text = body === undefined || typeof body === "string" || body instanceof Uint8Array ||
    body instanceof ReadableStream;
  const response = await fetch(url + path, {
    method: body === undefined ? "GET" : "POST", headers: body === undefined ? {} : headers,
    body: text ? body : JSON.stringify(body), redirect: "manual", ...options,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const answer = bytes.toString();
  let parsed;
  try { parsed = JSON.parse(answer); } catch { parsed = undefined; }
  return { response, status: response.status, headers: response.headers, bytes, text: answer, json: parsed };
}

/// The answer, after 200; `count` rows go to `dataset`.
async function predict(dataset, count, path, body, headers, options) {
  const answer = await ask(path, body, headers, options);
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  rows[dataset] += count;
  return answer;
}

async function step(name, run) {
  try {
    await run();
    ++checks;
    console.log(`ok      ${name}`);
  } catch (problem) {
    console.log(`FAILED  ${name}: ${problem.stack}`);
    process.exitCode = 1;
  }
}

await step("the predict route, in every way that BentoML takes one row", async () => {
  for (const body of ["[[4.9, 3.0, 1.4, 0.2]]", "[4.9,3,1.4,0.2]", "[[4.9],[3],[1.4],[0.2]]", "[[4.9,3],[1.4,0.2]]",
    '[["4.9","3.0","1.4","0.2"]]', JSON.stringify(records[0])]) {
    const answer = await predict("model-1", 1, "/v1/models/iris/predict", body);
    assert.equal(answer.text, "setosa", body);
    assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.match(answer.headers.get("x-bentoml-request-id"), /^\d{1,20}$/);
    assert.equal(answer.headers.get("content-length"), "6");
  }
  // The type is not looked at, as in BentoML.
  for (const type of ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "application/json; charset=utf-8"])
    assert.equal((await predict("model-1", 1, "/v1/models/iris/predict", "[[4.9, 3.0, 1.4, 0.2]]",
      { "content-type": type })).text, "setosa");
  for (const [i, row] of flowers.entries())
    assert.equal((await predict("model-1", 1, "/v1/models/iris/predict", [row])).text, classes[i]);
});

await step("the frame route gives back what it got, in every form", async () => {
  const frame = "/v1/models/custom_model/predict";
  const expected = [{ a: 1, b: 2.5 }, { a: 3, b: 4 }];
  for (const body of [expected, { a: [1, 3], b: [2.5, 4] }, { a: { 0: 1, 1: 3 }, b: { 0: 2.5, 1: 4 } }])
    assert.deepEqual((await predict("model-2", 2, frame, body)).json, expected, JSON.stringify(body));
  assert.deepEqual((await predict("model-2", 2, frame, [[1, 2.5], [3, 4]])).json, [{ 0: 1, 1: 2.5 }, { 0: 3, 1: 4 }]);
  for (const type of ["text/csv", "text/csv; charset=utf-8"])
    assert.deepEqual((await predict("model-2", 2, frame, "a,b\n1,2.5\n3,4\n", { "content-type": type })).json, expected);
});

await step("any number of rows by the model's name", async () => {
  for (const body of [flowers, records, { columns, data: flowers },
    Object.fromEntries(columns.map((name, i) => [name, flowers.map((row) => row[i])]))])
    assert.deepEqual((await predict(model, 3, `${named}/batch`, body)).json, classes, JSON.stringify(body));
  const csv = [columns, ...flowers].map((row) => row.join(",")).join("\n");
  assert.deepEqual((await predict(model, 3, `${named}/batch`, csv, { "content-type": "text/csv" })).json, classes);
  const lines = records.map((row) => JSON.stringify(row)).join("\n");
  assert.deepEqual((await predict(model, 3, `${named}/batch`, lines, { "content-type": "application/x-ndjson" })).json,
    classes);
  assert.equal((await predict(model, 1, `${named}/predict`, [flower])).text, "setosa");
  assert.deepEqual((await predict(model, 3, `${named}:predict`, { instances: flowers })).json, { predictions: classes });
});

await step("MLflow's four forms, and CSV", async () => {
  for (const body of [{ dataframe_split: { columns, data: flowers } },
    { dataframe_split: { index: [0, 1, 2], columns, data: flowers } }, { dataframe_records: records },
    { inputs: flowers }, { inputs: Object.fromEntries(columns.map((name, i) => [name, flowers.map((row) => row[i])])) },
    { instances: flowers }, { instances: records }, { inputs: flowers, params: { t: 0.5 } }])
    assert.deepEqual((await predict("model-1", 3, "/invocations", body)).json, { predictions: classes },
      JSON.stringify(body));
  const csv = [columns, ...flowers].map((row) => row.join(",")).join("\n");
  assert.deepEqual((await predict("model-1", 3, "/invocations", csv, { "content-type": "text/csv" })).json,
    { predictions: classes });
  const wrong = await ask("/invocations", { rows: flowers });
  assert.equal(wrong.status, 400);
  assert.equal(wrong.json.error_code, "BAD_REQUEST");
});

await step("the Open Inference Protocol in JSON", async () => {
  assert.deepEqual((await ask("/v2/health/live")).json, { live: true });
  const ready = await ask("/v2/health/ready");
  assert.deepEqual([ready.status, ready.json], [200, { live: true, ready: true }]);
  assert.ok((await ask("/v2")).json.extensions.includes("binary_tensor_data"));
  const about = (await ask(`/v2/models/${model}`)).json;
  assert.deepEqual(about.inputs, [{ name: "input", datatype: "FP64", shape: [-1, 4] }]);
  assert.deepEqual((await ask(`/v2/models/${model}/ready`)).json, { name: model, ready: true });
  const version = about.versions[0];
  const input = { name: "input", shape: [3, 4], datatype: "FP64" };
  for (const [path, body] of [
    [`/v2/models/${model}/infer`, { id: "r1", inputs: [{ ...input, data: flowers.flat() }] }],
    [`/v2/models/${model}/infer`, { id: "r1", inputs: [{ ...input, data: flowers }] }],
    [`/v2/models/${model}/versions/${version}/infer`, { id: "r1", inputs: columns.map((name, i) =>
      ({ name, shape: [3, 1], datatype: "FP32", data: flowers.map((row) => row[i]) })) }]]) {
    const answer = (await predict(model, 3, path, body)).json;
    assert.equal(answer.model_name, model);
    assert.equal(answer.model_version, version);
    assert.equal(answer.id, "r1");
    assert.deepEqual(answer.outputs[0], { name: "predict", datatype: "BYTES", shape: [3], data: classes });
    assert.deepEqual(answer.outputs[1].shape, [3, 3]);
    assert.deepEqual(answer.outputs[1].data.slice(0, 3), [1, 0, 0]);
  }
});

await step("the Open Inference Protocol in bytes", async () => {
  for (const [datatype, size, write] of [["FP64", 8, "setDoubleLE"], ["FP32", 4, "setFloatLE"]]) {
    const tensor = Buffer.alloc(12 * size);
    const view = new DataView(tensor.buffer, tensor.byteOffset);
    for (const [i, value] of flowers.flat().entries())
      write === "setDoubleLE" ? view.setFloat64(i * size, value, true) : view.setFloat32(i * size, value, true);
    const head = Buffer.from(JSON.stringify({
      inputs: [{ name: "input", shape: [3, 4], datatype, parameters: { binary_data_size: tensor.length } }],
      outputs: [{ name: "predict", parameters: { binary_data: true } },
        { name: "predict_proba", parameters: { binary_data: true } }],
    }));
    const answer = await predict(model, 3, `/v2/models/${model}/infer`, Buffer.concat([head, tensor]),
      { "content-type": "application/octet-stream", "inference-header-content-length": String(head.length) });
    assert.equal(answer.headers.get("content-type"), "application/octet-stream");
    const length = Number(answer.headers.get("inference-header-content-length"));
    const said = JSON.parse(answer.bytes.subarray(0, length).toString());
    let at = length;
    for (const expected of classes) {
      const size = answer.bytes.readUInt32LE(at);
      assert.equal(answer.bytes.subarray(at + 4, at + 4 + size).toString(), expected);
      at += 4 + size;
    }
    assert.equal(said.outputs[0].parameters.binary_data_size, at - length);
    assert.equal(said.outputs[1].parameters.binary_data_size, 72);
    assert.equal(answer.bytes.readDoubleLE(at), 1);
    assert.equal(answer.bytes.length, at + 72);
  }
});

await step("why: nothing is counted", async () => {
  for (const path of ["/v1/models/iris/predict?explain=1", `${named}/predict?explain=1`]) {
    const answer = await ask(path, [flower]);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.effects.length, 4);
    assert.equal(answer.json.neighbours.length, 5);
    assert.ok(answer.json.neighbours.every((one) => one.label === "setosa"));
  }
  assert.equal((await ask(`${named}/batch?explain=1`, flowers)).status, 400);
});

await step("packed bodies, and those that come in pieces", async () => {
  const many = Array.from({ length: 20_000 }, (_, i) => flowers[i % 3]);
  const body = JSON.stringify(many);
  const expected = many.map((_, i) => classes[i % 3]);
  for (const [coding, pack] of [["gzip", gzipSync], ["deflate", deflateSync]]) {
    assert.deepEqual((await predict(model, many.length, `${named}/batch`, pack(body),
      { ...json, "content-encoding": coding })).json, expected);
    assert.equal((await predict("model-1", 1, "/v1/models/iris/predict", pack("[[4.9,3,1.4,0.2]]"),
      { ...json, "content-encoding": coding })).text, "setosa");
  }
  // A stream has no length: it is sent as chunks.
  const stream = () => new ReadableStream({
    async start(controller) {
      for (const part of ["[[4.9, 3", ".0, 1.", "4, 0.2]", "]"]) {
        controller.enqueue(new TextEncoder().encode(part));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      controller.close();
    },
  });
  assert.equal((await predict("model-1", 1, "/v1/models/iris/predict", stream(), json, { duplex: "half" })).text,
    "setosa");
  assert.deepEqual((await predict(model, many.length, `${named}/batch`, new Blob([body]).stream(), json,
    { duplex: "half" })).json, expected);
  assert.equal((await ask("/v1/models/iris/predict", gzipSync("[1"), { ...json, "content-encoding": "br" })).status, 415);
  assert.equal((await ask("/v1/models/iris/predict", "[[4.9", { ...json, "content-encoding": "gzip" })).status, 400);
});

await step("the log route", async () => {
  const one = await ask("/v1/log", { datasetId: "shop", single: { price: 3.5, colour: "red" } });
  assert.deepEqual(one.json, { rows: 1 }, one.text);
  const csv = await ask("/v1/log?datasetId=shop", "price,colour\n1.5,red\n2.5,blue\n", { "content-type": "text/csv" });
  assert.deepEqual(csv.json, { rows: 2 }, csv.text);
  rows.shop = 3;
});

await step("200 at once, twenty times over kept connections", async () => {
  for (let round = 0; round < 20; ++round) {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) =>
      predict("model-1", 1, "/v1/models/iris/predict", [flowers[i % 3]])));
    answers.forEach((answer, i) => assert.equal(answer.text, classes[i % 3]));
    assert.equal(new Set(answers.map((answer) => answer.headers.get("x-bentoml-request-id"))).size, 200);
  }
  const open = await connections();
  // 4,000 requests; node opens another one wherever it does not know yet that one is free.
  assert.ok(open > 1 && open <= 1000, `${open} connections are open`);
});

async function connections() {
  const { text } = await ask("/metrics");
  return Number(/^tepal_http_connections (.*)$/m.exec(text)[1]);
}

await step("what is not there, and what is asked the wrong way", async () => {
  assert.deepEqual([(await ask("/none")).status, (await ask("/none")).text], [404, "Not Found"]);
  assert.equal((await ask("/v2/models/none")).status, 404);
  assert.ok((await ask("/v2/models/none/infer", {})).json.error);
  assert.equal((await ask("/v1/models/none/predict", [flower])).json.type, "NotFound");
  for (const [path, method, allow] of [["/v1/models/iris/predict", "GET", "POST"],
    ["/v1/models/iris/predict", "PUT", "POST"], ["/v1/models/iris/predict", "DELETE", "POST"],
    [`/v2/models/${model}/infer`, "GET", "POST"], ["/healthz", "POST", "GET, HEAD"], ["/docs.json", "PUT", "GET, HEAD"]]) {
    const answer = await ask(path, undefined, undefined, { method });
    assert.equal(answer.status, 405, `${method} ${path}`);
    assert.equal(answer.headers.get("allow"), allow, `${method} ${path}`);
    assert.equal(answer.text, "Method Not Allowed");
  }
  for (const path of ["/", "/docs.json", "/healthz", "/readyz", "/v2/health/ready", "/metrics"]) {
    const head = await ask(path, undefined, undefined, { method: "HEAD" });
    const get = await ask(path);
    assert.deepEqual([head.status, get.status, head.bytes.length], [200, 200, 0], path);
    assert.equal(head.headers.get("content-type"), get.headers.get("content-type"), path);
    if (path !== "/metrics")
      assert.equal(head.headers.get("content-length"), String(get.bytes.length), path);
  }
  const slash = await ask("/v1/models/iris/predict/", [flower]);
  assert.equal(slash.status, 307);
  assert.equal((await predict("model-1", 1, "/v1/models/iris/predict/", [flower], json, { redirect: "follow" })).text,
    "setosa");
});

await step("what means nothing is 400, says why, and is not counted", async () => {
  for (const body of ["", "[", "[[4.9, 3]]", "[[4.9, 3, 1.4, \"x\"]]", "[[1,2,3,4],[5,6,7,8]]", "[[4.9, NaN, 1, 1]]",
    "[[4.9, 3.0, 1.4, 0.2]] x"]) {
    const answer = await ask("/v1/models/iris/predict", body);
    assert.equal(answer.status, 400, `${body}: ${answer.text}`);
    assert.ok(answer.json.msg.length > 10, answer.text);
  }
  const shape = await ask(`/v2/models/${model}/infer`,
    { inputs: [{ name: "input", shape: [2, 4], datatype: "FP64", data: flower }] });
  assert.equal(shape.status, 400);
  assert.match(shape.json.error, /shape/);
});

for (const [dataset, count] of Object.entries(rows)) console.log(`rows ${dataset}=${count}`);
process.exit();
