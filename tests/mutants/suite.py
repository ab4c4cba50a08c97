"""The tests that mutants have to pass: what ctest knows of them, in the order in which they are likely to
fail, each with a limit of time from how long it takes without a mutation."""
import concurrent.futures
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

LABELS = {"unit", "priv", "isa", "lockstep", "monitor", "trace", "sbi"}
# Tests of other things, and the plain engine, which asks the same functions and takes half of the time. What
# fails in these alone counts as survived. Of the firmware's, those of what it does with the hart's registers.
LEFT_OUT = re.compile(r"^(gdb.*|monitor-screens|trace-(kvm|browser|viewers).*|unit/test_(devices|fp|loader).*"
                      r"|priv/.*/plain|sbi/(?!test_(dbtr|pmu|fwft|redirect|emulate|misaligned|nacl)$).*)$")
SURE_FOR = 300  # seconds
START = 0.1     # seconds that a test takes beside its own
MAX_OUTPUT = 256 << 20  # bytes of a file that a mutant writes


class Test:
    def __init__(self, entry, build):
        props = {p["name"]: p["value"] for p in entry.get("properties", [])}
        self.name, self.command = entry["name"], entry["command"]
        self.labels = set(props.get("LABELS", []))
        self.cwd = props.get("WORKING_DIRECTORY")
        # Where the firmware's tests put what they make: not two at a time into one folder.
        self.out = os.path.join(build, "tests/sbi") if "sbi" in self.labels else None
        self.env = dict(v.split("=", 1) for v in props.get("ENVIRONMENT", []))
        self.expect = props.get("PASS_REGULAR_EXPRESSION", [])
        self.skip = props.get("SKIP_REGULAR_EXPRESSION", [])
        self.cpu, self.wall = 0.0, 0.0
        self.passed = float("-inf")  # when last without a mutation, after a failure with one


class Suite:
    def __init__(self, build, work, only):
        self.work = work
        self.lock = threading.Lock()
        self.kills = self._load("kills.json", {})
        listed = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True,
                                capture_output=True, text=True).stdout
        tests = [Test(t, build) for t in json.loads(listed)["tests"] if "command" in t]
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

    def measure(self, place, library, jobs):
        """Runs what has not been measured without a mutation since it, or the library, was built; tests
        that fail so are an error."""
        known = self._load("baseline.json", {})

        def one(t):
            built = max(os.path.getmtime(f) for f in [library, *t.command] if os.path.isfile(f))
            if known.get(t.name, (0, 0, 0))[2] < built:
                passed, cpu, wall = self.run(t, place, None, (600, 600))
                if not passed:
                    return t.name
                with self.lock:
                    known[t.name] = cpu, wall, time.time()
            t.cpu, t.wall, _ = known[t.name]
            return None

        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            failed = [name for name in pool.map(one, self.tests) if name]
        self._save("baseline.json", known)
        if failed:
            raise SystemExit(f"mutants: without a mutation fail: {', '.join(failed)}")

    def in_order(self, file):
        """What has failed most often for the file, or at all, by the time it takes, comes first."""
        def score(t):
            own, every = self.kills.get(f"{t.name} {file}", 0), self.kills.get(t.name, 0)
            return (10 * own + every + 0.5) / (t.cpu + START)
        with self.lock:
            return sorted(self.tests, key=score, reverse=True)

    def note_kill(self, test, file):
        with self.lock:
            for key in (test, f"{test} {file}"):
                self.kills[key] = self.kills.get(key, 0) + 1
            self._save("kills.json", self.kills)

    def _passes_without(self, test, place, limits):
        """Does it pass without a mutation, now or within the last minutes?"""
        if time.monotonic() - test.passed < SURE_FOR:
            return True
        passed = self.run(test, place, None, limits)[0]
        if passed:
            test.passed = time.monotonic()
        return passed

    def first_failure(self, place, library, file):
        """Name of the first test that fails with this library, and still passes without; None: all pass."""
        for t in self.in_order(file):
            limits = 10 * t.cpu + 5, 20 * t.wall + 60
            if self.run(t, place, library, limits)[0]:
                continue
            if not self._passes_without(t, place, limits):
                print(f"mutants: {t.name} fails without a mutation now and then, or the machine is busy", flush=True)
                continue
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

        limit = ["prlimit", f"--cpu={int(limits[0]) + 1}", f"--fsize={MAX_OUTPUT}", "--core=0"]
        began = time.monotonic()
        with tempfile.TemporaryFile(dir=tmp) as out:
            command = [tmp if word == test.out else word for word in test.command]
            p = subprocess.Popen([*limit, *command], cwd=test.cwd, env=env, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=out, start_new_session=True)
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
