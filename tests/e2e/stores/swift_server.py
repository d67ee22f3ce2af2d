#!/usr/bin/env python3
"""An S3 server that checks signatures: OpenStack Swift with s3api, one device, on 127.0.0.1.

    swift_server.py WORK_DIRECTORY PORT [ROOT]

Ports PORT to PORT+3 are used; the S3 one is PORT. Prints "ready" once it answers, and ends, with all
it started, when standard input does. Exit status 77: Swift is not here.

It needs Debian's swift-proxy, swift-account, swift-container and swift-object with what they depend
on, and python3-lxml: installed, or unpacked with dpkg -x into the folder ROOT.

Access keys: test:writer with the secret "secret of the writer" (without the spaces), region us-east-1.
"""

import getpass
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

SERVERS = ("proxy", "object", "container", "account")
PIPELINE = "catch_errors gatekeeper cache s3api tempauth proxy-server"


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def configure(work, port):
    os.makedirs(f"{work}/devices/d1", exist_ok=True)
    write(f"{work}/swift.conf",
          "[swift-hash]\nswift_hash_path_suffix = tests\n"
          "[storage-policy:0]\nname = only\ndefault = yes\n")
    common = f"swift_dir = {work}\nuser = {getpass.getuser()}\nworkers = 0\nbind_ip = 127.0.0.1\nlog_level = ERROR\n"
    for i, name in enumerate(SERVERS[1:], 1):
        write(f"{work}/{name}-server.conf",
              f"[DEFAULT]\n{common}bind_port = {port + i}\ndevices = {work}/devices\nmount_check = false\n"
              f"[pipeline:main]\npipeline = {name}-server\n[app:{name}-server]\nuse = egg:swift#{name}\n")
    filters = "".join(f"[filter:{name}]\nuse = egg:swift#{egg}\n" for name, egg in
                      (("catch_errors", "catch_errors"), ("gatekeeper", "gatekeeper"), ("cache", "memcache")))
    write(f"{work}/proxy-server.conf",
          f"[DEFAULT]\n{common}bind_port = {port}\n[pipeline:main]\npipeline = {PIPELINE}\n"
          "[app:proxy-server]\nuse = egg:swift#proxy\nallow_account_management = true\naccount_autocreate = true\n"
          f"{filters}"
          "[filter:s3api]\nuse = egg:swift#s3api\nlocation = us-east-1\ns3_acl = false\ncheck_bucket_owner = false\n"
          "[filter:tempauth]\nuse = egg:swift#tempauth\nuser_test_writer = secretofthewriter .admin\n")


def make_rings(work, port):
    from swift.common.ring import RingBuilder
    for i, (name, ring) in enumerate((("object", "object"), ("container", "container"), ("account", "account")), 1):
        builder = RingBuilder(2, 1, 0)
        builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port + i, "device": "d1", "weight": 1.0,
                         "replication_ip": "127.0.0.1", "replication_port": port + i, "meta": ""})
        builder.rebalance()
        builder.get_ring().save(f"{work}/{ring}.ring.gz")


def serve(work, name):
    from swift.common import utils
    utils.set_swift_dir(work)
    from swift.common.wsgi import run_wsgi
    return run_wsgi(f"{work}/{name}-server.conf", f"{name}-server")


def answers(port):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "--serve":
        return serve(sys.argv[2], sys.argv[3])
    work, port = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    root = sys.argv[3] if len(sys.argv) > 3 else ""
    environment = dict(os.environ)
    if root:
        environment["PYTHONPATH"] = f"{root}/usr/lib/python3/dist-packages"
        environment["LD_LIBRARY_PATH"] = f"{root}/usr/lib/x86_64-linux-gnu"
    if root and os.environ.get("PYTHONPATH") != environment["PYTHONPATH"]:
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)
    try:
        import lxml.etree  # noqa: F401
        import swift.common.middleware.s3api.s3api  # noqa: F401
    except ImportError as error:
        print(f"Swift is not here: {error}", file=sys.stderr)
        return 77
    os.makedirs(work, exist_ok=True)
    configure(work, port)
    make_rings(work, port)
    log = open(f"{work}/log", "ab")
    servers = [subprocess.Popen([sys.executable, __file__, "--serve", work, name], env=environment,
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log) for name in reversed(SERVERS)]
    try:
        for _ in range(300):
            # The proxy is up before those that it asks.
            if all(answers(port + i) for i in range(len(SERVERS))):
                break
            if any(server.poll() is not None for server in servers):
                print(open(f"{work}/log", encoding="utf-8").read()[-2000:], file=sys.stderr)
                return 1
            time.sleep(0.1)
        print("ready", flush=True)
        sys.stdin.read()
    finally:
        for server in servers:
            server.kill()
        for server in servers:
            server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
