"""Python's requests and urllib3 against an endpoint with the iris model.

Says `rows DATASET=COUNT` for what has to be counted.    ask.py URL
"""

import gzip
import io
import json
import struct
import sys
import threading
import time
import traceback

import requests
import urllib3

URL = sys.argv[1]
MODEL = "iris_knn"
NAMED = f"{URL}/v1/models/{MODEL}"
PREDICT = f"{URL}/v1/models/iris/predict"
FLOWER = [4.9, 3.0, 1.4, 0.2]
FLOWERS = [FLOWER, [6.3, 3.3, 6.0, 2.5], [5.7, 2.8, 4.1, 1.3]]
CLASSES = ["setosa", "virginica", "versicolor"]
COLUMNS = ["sepal length", "sepal width", "petal length", "petal width"]
RECORDS = [dict(zip(COLUMNS, row)) for row in FLOWERS]
CSV = "\n".join(",".join(map(str, row)) for row in [COLUMNS, *FLOWERS]) + "\n"

rows = {"model-1": 0, MODEL: 0, "model-2": 0}
failed = False
steps = []


def step(run):
    steps.append(run)
    return run


def same(got, expected, what=""):
    if got != expected:
        raise AssertionError(f"{what} {got!r} is not {expected!r}")


def good(answer, dataset, count):
    same(answer.status_code, 200, answer.text)
    rows[dataset] += count
    return answer


def session():
    made = requests.Session()
    made.trust_env = False  # no proxies, no .netrc
    return made


@step
def one_session_keeps_one_connection():
    with session() as asking:
        pool = asking.get_adapter(URL).poolmanager.connection_from_url(URL)
        for i in range(300):
            answer = good(asking.post(PREDICT, json=[FLOWERS[i % 3]], timeout=10), "model-1", 1)
            same(answer.text, CLASSES[i % 3])
            same(answer.headers["content-type"], "text/plain; charset=utf-8")
        same(pool.num_connections, 1, "connections")
        same(pool.num_requests, 300, "requests")


@step
def json_csv_and_plain_bodies():
    with session() as asking:
        same(good(asking.post(PREDICT, json=FLOWER), "model-1", 1).text, "setosa")
        same(good(asking.post(PREDICT, data="[[4.9, 3.0, 1.4, 0.2]]"), "model-1", 1).text, "setosa")
        same(good(asking.post(PREDICT, json=RECORDS[1]), "model-1", 1).text, "virginica")
        same(good(asking.post(f"{NAMED}/batch", json=FLOWERS), MODEL, 3).json(), CLASSES)
        same(good(asking.post(f"{NAMED}/batch", data=CSV, headers={"content-type": "text/csv"}), MODEL, 3).json(),
             CLASSES)
        same(good(asking.post(f"{NAMED}:predict", json={"instances": FLOWERS}), MODEL, 3).json(),
             {"predictions": CLASSES})
        for body in ({"dataframe_split": {"columns": COLUMNS, "data": FLOWERS}}, {"dataframe_records": RECORDS},
                     {"inputs": FLOWERS}, {"instances": FLOWERS}):
            same(good(asking.post(f"{URL}/invocations", json=body), "model-1", 3).json(), {"predictions": CLASSES})
        same(good(asking.post(f"{URL}/invocations", data=CSV, headers={"content-type": "text/csv"}), "model-1",
                  3).json(), {"predictions": CLASSES})
        same(good(asking.post(f"{URL}/v1/models/custom_model/predict", data="a,b\n1,2.5\n3,4\n",
                              headers={"content-type": "text/csv"}), "model-2", 2).json(),
             [{"a": 1, "b": 2.5}, {"a": 3, "b": 4}])


@step
def the_open_inference_protocol():
    with session() as asking:
        same(asking.get(f"{URL}/v2/health/ready").json(), {"live": True, "ready": True})
        same(asking.get(f"{URL}/v2/models/{MODEL}").json()["name"], MODEL)
        infer = f"{URL}/v2/models/{MODEL}/infer"
        flat = [value for row in FLOWERS for value in row]
        head = {"name": "input", "shape": [3, 4], "datatype": "FP64"}
        answer = good(asking.post(infer, json={"id": "7", "inputs": [{**head, "data": flat}]}), MODEL, 3).json()
        same(answer["id"], "7")
        same(answer["outputs"][0]["data"], CLASSES)
        # As tritonclient packs it, whole body gzip as with its request_compression_algorithm.
        tensor = struct.pack("<12d", *flat)
        said = json.dumps({"inputs": [{**head, "parameters": {"binary_data_size": len(tensor)}}],
                           "outputs": [{"name": "predict_proba", "parameters": {"binary_data": True}}]}).encode()
        for pack in (False, True):
            headers = {"inference-header-content-length": str(len(said))}
            if pack:
                headers["content-encoding"] = "gzip"
            body = said + tensor
            answer = good(asking.post(infer, data=gzip.compress(body) if pack else body, headers=headers), MODEL, 3)
            length = int(answer.headers["inference-header-content-length"])
            same(struct.unpack("<9d", answer.content[length:])[:3], (1.0, 0.0, 0.0))
            same(json.loads(answer.content[:length])["outputs"][0]["shape"], [3, 3])


@step
def streams_without_a_length():
    def pieces(body, size, pause=0.0):
        for at in range(0, len(body), size):
            yield body[at:at + size]
            time.sleep(pause)

    many = [FLOWERS[i % 3] for i in range(30000)]
    expected = [CLASSES[i % 3] for i in range(30000)]
    body = json.dumps(many).encode()
    with session() as asking:
        same(good(asking.post(PREDICT, data=pieces(b"[[4.9, 3.0, 1.4, 0.2]]", 5, 0.02)), "model-1", 1).text, "setosa")
        same(good(asking.post(f"{NAMED}/batch", data=pieces(body, 4096)), MODEL, len(many)).json(), expected)
        # A file has a length, and is sent as it is read.
        same(good(asking.post(f"{NAMED}/batch", data=io.BytesIO(body)), MODEL, len(many)).json(), expected)
        packed = gzip.compress(body)
        same(good(asking.post(f"{NAMED}/batch", data=pieces(packed, 1000), headers={"content-encoding": "gzip"}),
                  MODEL, len(many)).json(), expected)


@step
def answers_that_may_be_packed():
    # requests always says that it takes gzip; whatever comes has to be readable.
    with session() as asking:
        same(asking.headers["accept-encoding"].startswith("gzip"), True)
        docs = asking.get(f"{URL}/docs.json")
        same(docs.json()["openapi"], "3.0.2")
        bundle = asking.get(f"{URL}/docs.json", stream=True)
        raw = bundle.raw.read(decode_content=True)
        same(json.loads(raw), docs.json())


@step
def timeouts_and_what_follows_them():
    with session() as asking:
        same(asking.get(f"{URL}/healthz", timeout=(2, 5)).text, "\n")
        # A body that does not come to its end gets no answer; the pool goes on with a connection of its own.
        pool = asking.get_adapter(URL).poolmanager
        try:
            pool.urlopen("POST", PREDICT, body=b"[[4.9,", headers={"content-length": "100"}, timeout=0.3,
                         retries=False)
            raise AssertionError("half a body was answered")
        except urllib3.exceptions.ReadTimeoutError:
            pass
        for i in range(20):
            same(good(asking.post(PREDICT, json=[FLOWERS[i % 3]], timeout=10), "model-1", 1).text, CLASSES[i % 3])


@step
def many_threads_on_one_pool():
    pool = urllib3.PoolManager(maxsize=8, block=True, retries=False)
    wrong = []

    def ask(first):
        for i in range(first, first + 100):
            answer = pool.request("POST", PREDICT, body=json.dumps([FLOWERS[i % 3]]),
                                  headers={"content-type": "application/json"}, timeout=20.0)
            if answer.status != 200 or answer.data.decode() != CLASSES[i % 3]:
                wrong.append((answer.status, answer.data))

    threads = [threading.Thread(target=ask, args=(i * 100,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(wrong, [])
    rows["model-1"] += 1600
    if pool.connection_from_url(URL).num_connections > 8:
        raise AssertionError("connections are not kept")


@step
def what_is_wrong_is_said():
    with session() as asking:
        bad = asking.post(PREDICT, json=[[1, 2]])
        same(bad.status_code, 400)
        same(sorted(bad.json()), ["msg", "type"])
        same(asking.get(PREDICT).status_code, 405)
        same(asking.get(PREDICT).headers["allow"], "POST")
        same(asking.get(f"{URL}/none").status_code, 404)
        same(asking.head(f"{URL}/docs.json").content, b"")
        same(asking.post(f"{PREDICT}/", json=[FLOWER], allow_redirects=False).status_code, 307)
        moved = good(asking.post(f"{PREDICT}/", json=[FLOWER]), "model-1", 1)
        same([moved.text, moved.url], ["setosa", PREDICT])
        why = asking.post(PREDICT, params={"explain": 1}, json=[FLOWER]).json()
        same(len(why["effects"]), 4)
        same(asking.post(PREDICT, data=b"x" * (40 << 20)).status_code, 413)


for run in steps:
    name = run.__name__.replace("_", " ")
    try:
        run()
        print(f"ok      {name}")
    except Exception:
        failed = True
        print(f"FAILED  {name}: {traceback.format_exc()}")
for dataset, count in rows.items():
    print(f"rows {dataset}={count}")
sys.exit(failed)
