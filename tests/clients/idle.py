"""Many connections that do nothing, and somebody who asks.    idle.py URL PID ROOM

Prints latencies and the endpoint's memory; says `rows DATASET=COUNT` for what has to be counted.
"""

import http.client
import re
import selectors
import socket
import sys
import threading
import time

HOST, PORT = sys.argv[1].removeprefix("http://").split(":")
PORT, PID, ROOM = int(PORT), int(sys.argv[2]), int(sys.argv[3])
IDLE, DRIPPING, ASKED, KEPT = 10_000, 50, 2_000, 8
# Where room is short the one that has been idle longest yields. Opened all at once, 10,000 would leave a connection half
# a second, in which a client on a busy machine may well not come to ask; like this it has seconds.
PACE = 0 if ROOM > IDLE else 0.0007
BODY = b"[[4.9, 3.0, 1.4, 0.2]]"
REQUEST = (f"POST /v1/models/iris/predict HTTP/1.1\r\nHost: {HOST}:{PORT}\r\ncontent-type: application/json\r\n"
           f"content-length: {len(BODY)}\r\n\r\n").encode() + BODY

wrong = []
rows = 0


def check(fine, text):
    print(("ok      " if fine else "FAILED  ") + text, flush=True)
    if not fine:
        wrong.append(text)


def memory():
    with open(f"/proc/{PID}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024


def metrics():
    asking = http.client.HTTPConnection(HOST, PORT, timeout=20)
    asking.request("GET", "/metrics", headers={"connection": "close"})
    text = asking.getresponse().read().decode()
    asking.close()
    value = lambda name: float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)[1])
    return {"open": value("tepal_http_connections"), "yielded": value("tepal_http_yielded_connections_total"),
            "slow": value('tepal_refused_requests_total{reason="slow"}'),
            "refused": value('tepal_refused_requests_total{reason="connections"}')}


def connect(number):
    made = socket.socket()
    made.settimeout(20)
    # Several addresses, so that ports suffice.
    made.bind((f"127.0.0.{2 + number % 4}", 0))
    made.connect((HOST, PORT))
    return made


def answer(connection):
    """Status line, head and body of one answer."""
    got = b""
    while b"\r\n\r\n" not in got or len(got) < got.index(b"\r\n\r\n") + 4 + length(got):
        more = connection.recv(4096)
        if not more:
            break
        got += more
    return got


def length(got):
    found = re.search(rb"content-length: (\d+)", got)
    return int(found[1]) if found else 0


class Dripping(threading.Thread):
    """Sends a byte a second on each, and collects what it is told."""

    def __init__(self):
        super().__init__(daemon=True)
        self.connections = [connect(i) for i in range(DRIPPING)]
        self.answers = {}
        self.done = False

    def run(self):
        at = 0
        while not self.done and len(self.answers) < DRIPPING:
            for i, one in enumerate(self.connections):
                if i in self.answers:
                    continue
                try:
                    one.send(REQUEST[at:at + 1])
                    one.settimeout(0)
                    self.answers[i] = one.recv(4096)
                except BlockingIOError:
                    pass
                except OSError:
                    self.answers[i] = b"reset"
            at += 1
            time.sleep(1)


class Asking(threading.Thread):
    """One client on kept connections, which are used in turn, until it has asked enough and nobody else comes."""

    def __init__(self):
        super().__init__(daemon=True)
        self.connections = [connect(i) for i in range(KEPT)]
        self.times = []
        self.bad = []
        self.others = False

    def run(self):
        while len(self.times) < ASKED or self.others:
            one = self.connections[len(self.times) % KEPT]
            began = time.perf_counter()
            try:
                one.sendall(REQUEST)
                got = answer(one)
            except OSError as problem:
                got = str(problem).encode()
            self.times.append(time.perf_counter() - began)
            if not (got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"setosa")):
                self.bad.append(got[:80])
            time.sleep(0.003)

    def figures(self):
        ordered = sorted(self.times)
        at = lambda q: ordered[min(len(ordered) - 1, int(q * len(ordered)))] * 1000
        return f"p50 {at(.5):.2f} ms, p99 {at(.99):.2f} ms, longest {ordered[-1] * 1000:.1f} ms"


alone = Asking()
alone.run()
rows += len(alone.times) - len(alone.bad)
check(not alone.bad, f"{len(alone.times)} answers with nobody else there: {alone.figures()}")
for one in alone.connections:
    one.close()
before = memory()

dripping, asking = Dripping(), Asking()
dripping.start()
asking.others = True
asking.start()
idle = []
began = time.time()
for i in range(IDLE):
    one = connect(i)
    if i % 2 == 0:  # Half of them have asked once, and are kept.
        one.sendall(REQUEST)
        got = answer(one)
        rows += 1
        if not got.endswith(b"setosa"):
            check(False, f"a new connection was answered {got[:80]}")
            rows -= 1
    idle.append(one)
    time.sleep(PACE)
print(f"        {IDLE} opened within {time.time() - began:.1f} s")
asking.others = False
asking.join()
rows += len(asking.times) - len(asking.bad)
check(not asking.bad, f"{len(asking.times)} answers meanwhile: {asking.figures()} {asking.bad[:3]}")

# Whoever sends a byte a second is told so, and counted.
dripping.join(15)
dripping.done = True
told = [got for got in dripping.answers.values() if got.startswith(b"HTTP/1.1 408 ")]
counted = metrics()
check(len(told) == DRIPPING, f"{len(told)} of {DRIPPING} that send a byte a second were told 408")
check(counted["slow"] == DRIPPING, f"/metrics counts {counted['slow']:.0f} of them")

ends = selectors.DefaultSelector()
for one in idle:
    one.settimeout(0)
    ends.register(one, selectors.EVENT_READ)
ended, said = 0, 0
for key, _ in ends.select(0.5):
    try:
        said += key.fileobj.recv(100) != b""
    except OSError:
        pass
    ended += 1
full = memory()
print(f"        memory {before:.1f} MiB before, {full:.1f} MiB with {IDLE - ended} of them still open")
check(counted["refused"] == 0 and said == 0, f"{counted['refused']:.0f} refused for want of room")
# Closed are those that are counted as having yielded, and no others; the kept ones are not among them.
check(ended == counted["yielded"],
      f"{ended} of {IDLE} were closed, /metrics counts {counted['yielded']:.0f} that yielded")
check(counted["open"] <= ROOM, f"{counted['open']:.0f} are open, {ROOM} may be")
if ROOM > IDLE:
    check(ended == 0, "with room for all none was closed")
else:
    check(ended >= IDLE - ROOM, "as many yielded as there was no room for")
alive = 0
for one in asking.connections:
    try:
        one.sendall(REQUEST)
        alive += answer(one).endswith(b"setosa")
    except OSError:
        pass
rows += alive
check(alive == KEPT, f"{alive} of {KEPT} connections that were in use are open")

for one in [*idle, *dripping.connections, *asking.connections]:
    one.close()
idle.clear()
for _ in range(100):
    after = metrics()["open"]
    if after <= 1:
        break
    time.sleep(0.1)
check(after <= 1, "all of them are gone at the end")
# What they needed is given back, soon after, but for what the event loop keeps of each.
for _ in range(100):
    back = memory()
    if back - before < 40:
        break
    time.sleep(0.1)
check(full - before < 64 and back - before < 40, f"memory {back:.1f} MiB after they closed")
print(f"rows model-1={rows}")
sys.exit(bool(wrong))
