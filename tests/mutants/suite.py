"""The tests that mutants have to pass: what ctest knows of them, in the order in which they are likely to
fail, each with a limit of time from how long it takes without a mutation."""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time

LABELS = {"unit", "priv", "isa", "lockstep", "monitor", "trace"}
# Tests of other things, and the plain engine, which asks the same functions and takes half of the time. What
# fails in these alone counts as survived.
LEFT_OUT = re.compile(r"^(gdb.*|monitor-screens|trace-(kvm|browser|viewers).*|unit/test_(devices|fp|loader).*|priv/.*/plain)$")
MAX_OUTPUT = 256 << 20  # bytes of a file that a mutant writes


class Test:
    def __init__(self, entry):
        props = {p["name"]: p["value"] for p in entry.get("properties", [])}
        self.name, self.command = entry["name"], entry["command"]
        self.labels = set(props.get("LABELS", []))
        self.cwd = props.get("WORKING_DIRECTORY")
        self.env = dict(v.split("=", 1) for v in props.get("ENVIRONMENT", []))
        self.expect = props.get("PASS_REGULAR_EXPRESSION", [])
        self.skip = props.get("SKIP_REGULAR_EXPRESSION", [])
        self.cpu, self.wall = 0.0, 0.0


class Suite:
    def __init__(self, build, work, only):
        self.work = work
        self.lock = threading.Lock()
        self.kills = self._load("kills.json", {})
        listed = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True,
                                capture_output=True, text=True).stdout
        tests = [Test(t) for t in json.loads(listed)["tests"] if "command" in t]
        self.tests = [t for t in tests if t.labels & LABELS and not LEFT_OUT.match(t.name)
                      and re.search(only or "", t.name)]

    def _load(self, name, default):
        path = os.path.join(self.work, name)
        if not os.path.exists(path):
            return default
        with open(path) as f:
            return json.load(f)

    def _save(self, name, value):
        path = os.path.join(self.work, name)
        with open(path + ".new", "w") as f:
            json.dump(value, f, indent=0, sort_keys=True)
        os.replace(path + ".new", path)

    def measure(self, place, library):
        """Runs what has not been measured without a mutation since it, or the library, was built; tests
        that fail so are an error."""
        known = self._load("baseline.json", {})
        for t in self.tests:
            built = max(os.path.getmtime(f) for f in [library, *t.command] if os.path.isfile(f))
            if known.get(t.name, (0, 0, 0))[2] < built:
                passed, cpu, wall = self.run(t, place, None, (600, 600))
                if not passed:
                    raise SystemExit(f"mutants: {t.name} fails without a mutation")
                known[t.name] = cpu, wall, time.time()
                self._save("baseline.json", known)
            t.cpu, t.wall, _ = known[t.name]

    def in_order(self, file):
        """What has failed most often for the file, or at all, by the time it takes, comes first."""
        def score(t):
            own, every = self.kills.get(f"{t.name} {file}", 0), self.kills.get(t.name, 0)
            return (10 * own + every + 0.5) / (t.cpu + 0.02)
        with self.lock:
            return sorted(self.tests, key=score, reverse=True)

    def note_kill(self, test, file):
        with self.lock:
            for key in (test, f"{test} {file}"):
                self.kills[key] = self.kills.get(key, 0) + 1
            self._save("kills.json", self.kills)

    def first_failure(self, place, library, file):
        """Name of the first test that fails with this library; None: all pass."""
        for t in self.in_order(file):
            if not self.run(t, place, library, (10 * t.cpu + 5, 20 * t.wall + 60))[0]:
                self.note_kill(t.name, file)
                return t.name
        return None

    def run(self, test, place, library, limits):
        """(passed, seconds of processor, seconds) of one test, with the library in that directory if given."""
        env = os.environ | test.env
        if library:
            env["LD_LIBRARY_PATH"] = library
        tmp = tempfile.mkdtemp(dir=place)
        env["TMPDIR"] = tmp

        def limit():
            os.setsid()
            seconds = int(limits[0]) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_OUTPUT, MAX_OUTPUT))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        began = time.monotonic()
        with tempfile.TemporaryFile(dir=tmp) as out:
            p = subprocess.Popen(test.command, cwd=test.cwd, env=env, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=out, preexec_fn=limit)
            timer = threading.Timer(limits[1], _kill_group, [p.pid])
            timer.start()
            _, status, usage = os.wait4(p.pid, 0)
            timer.cancel()
            p.returncode = os.waitstatus_to_exitcode(status)
            _kill_group(p.pid)
            out.seek(0)
            text = out.read(4 << 20).decode(errors="replace") if test.expect or test.skip else ""
        shutil.rmtree(tmp, ignore_errors=True)
        passed = p.returncode == 0
        if test.expect:
            passed = any(re.search(e, text, re.S) for e in test.expect)
        if any(re.search(e, text) for e in test.skip):
            passed = True
        return passed, usage.ru_utime + usage.ru_stime, time.monotonic() - began


def _kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
