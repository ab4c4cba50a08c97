"""Makes the shared object of a mutant from a build directory of the preset `mutants`: compiles what the
changed file changes, links it with everybody else's objects."""
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess

INCLUDE = re.compile(r'^\s*#\s*include "([^"]+)"', re.M)
LIBRARY = "libhextant_parts.so"
ENUMERATOR = re.compile(r"\s*(\w+) = .*,\s*")


def _run(command, **how):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", **how)


class Build:
    """What the build directory knows."""

    def __init__(self, path, top):
        self.path, self.top = os.path.abspath(path), os.path.abspath(top)
        self.link = self._link_command()
        self.compile = self._compile_commands()
        self.users = self._users()
        self.preprocessed = {}
        self.hashes = {}

    def _link_command(self):
        commands = _run(["ninja", "-C", self.path, "-t", "commands", "-s", LIBRARY], check=True).stdout
        line = next(c for c in reversed(commands.splitlines()) if f"-o {LIBRARY}" in c)
        return shlex.split(line.replace(": && ", "").replace(" && :", ""))

    def _compile_commands(self):
        """{object: words of its compilation}, of the objects that are linked."""
        linked, out = set(self.link), {}
        with open(os.path.join(self.path, "compile_commands.json")) as f:
            for entry in json.load(f):
                words = shlex.split(entry["command"])
                made = words[words.index("-o") + 1]
                if made in linked:
                    out[made] = words[1:] if "ccache" in words[0] else words
        return out

    def _users(self):
        """{file of the tree: objects that depend on it}"""
        users, made = {}, None
        for line in _run(["ninja", "-C", self.path, "-t", "deps"], check=True).stdout.splitlines():
            if not line.startswith(" "):
                made = line.split(":")[0]
            elif made in self.compile:
                file = os.path.realpath(os.path.join(self.path, line.strip()))
                if file.startswith(self.top + "/src/"):
                    users.setdefault(os.path.relpath(file, self.top), []).append(made)
        return users

    def source_of(self, made):
        return os.path.relpath(self.compile[made][-1], self.top)

    def includers(self, file):
        """Files of the tree with an #include of that file, a table."""
        out, name = set(), file.removeprefix("src/")
        for folder, _, files in os.walk(os.path.join(self.top, "src")):
            for path in (os.path.join(folder, f) for f in files if f.endswith((".c", ".h", ".def"))):
                with open(path, errors="replace") as f:
                    if name in INCLUDE.findall(f.read()):
                        out.add(os.path.relpath(path, self.top))
        return out


class Mutant:
    """One mutant's files, below `work`, a directory of its own."""

    def __init__(self, build, work):
        self.build, self.work = build, work
        os.makedirs(work, exist_ok=True)
        # What a run that was ended in its midst left.
        shutil.rmtree(os.path.join(work, "overlay"), ignore_errors=True)

    def _command(self, made, overlay, output, *more):
        """Compiles as the build does, but finds files of the overlay first."""
        words, i = [], 0
        original = self.build.compile[made]
        while i < len(original) - 1:
            if original[i] in ("-o", "-MF", "-MT", "-c"):
                i += original[i] != "-c"
            elif original[i] != "-MD":
                words.append(original[i])
            i += 1
        source = self.build.source_of(made)
        mutated = os.path.join(overlay, source)
        source = mutated if os.path.exists(os.path.join(self.work, mutated)) else original[-1]
        return [words[0], "-w", "-iquote", os.path.join(overlay, "src"), *words[1:], *more, "-o", output, source]

    def _preprocess(self, made, overlay):
        return _run(self._command(made, overlay, "-", "-E", "-P"), cwd=self.work)

    def _reached(self, file):
        """Objects that the changed table may matter to. Headers that make the same of it as before are
        seen once, not in every file that includes them; a table that includes it is changed with it."""
        users = self.build.users
        out = {made for i in self.build.includers(file) if i.endswith(".c") for made in users.get(i, [])}
        for header in (i for i in self.build.includers(file) if not i.endswith(".c")):
            made = users[header][0] if header in users else None
            if header.endswith(".def"):
                out.update(self._reached(header))
            elif made and self._makes_other(made, header):
                out.update(users[header])
        return sorted(out)

    def _makes_other(self, made, header):
        """Does the header, alone, come out otherwise after preprocessing?"""
        path = os.path.join(self.work, "header.c")
        with open(path, "w") as f:
            f.write(f'#include "{header.removeprefix("src/")}"\n')
        texts = [_run([*self._command(made, overlay, "-", "-E", "-P")[:-1], path], cwd=self.work)
                 for overlay in ("nothing", "overlay")]
        return any(t.returncode for t in texts) or texts[0].stdout != texts[1].stdout

    def _changed(self, file):
        """Objects to be made again: that of a .c file; of a table those whose text after preprocessing
        differs in more than constants that they do not use. None: some do not compile."""
        if file.endswith(".c"):
            return [made for made in self.build.users[file] if self.build.source_of(made) == file]
        out = []
        for made in self._reached(file):
            if made not in self.build.preprocessed:
                self.build.preprocessed[made] = self._preprocess(made, "nothing").stdout
            new = self._preprocess(made, "overlay")
            if new.returncode:
                return None
            if _matters(self.build.preprocessed[made], new.stdout):
                out.append(made)
        return out

    def _hash(self, made, overlay):
        output = f"{overlay}.o"
        if _run([*self._command(made, overlay, output), "-c"], cwd=self.work).returncode:
            return None, None
        with open(os.path.join(self.work, output), "rb") as f:
            return hashlib.sha256(f.read()).digest(), output

    def _original_hash(self, file, made):
        """Of the object of the unchanged file, compiled by the same path."""
        key = file, made
        if key not in self.build.hashes:
            with open(os.path.join(self.build.top, file)) as f:
                self._write(file, f.read())
            self.build.hashes[key] = self._hash(made, "overlay")[0]
        return self.build.hashes[key]

    def _write(self, file, text):
        path = os.path.join(self.work, "overlay", file)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        return path

    def make(self, file, text):
        """"": made; else why there is nothing to be tested."""
        path = self._write(file, text)
        try:
            changed = self._changed(file)
            if changed is None:
                return "does not compile"
            replaced = {}
            for n, made in enumerate(changed):
                digest, output = self._hash(made, "overlay")
                if not digest:
                    return "does not compile"
                os.rename(os.path.join(self.work, output), os.path.join(self.work, f"{n}.o"))
                replaced[made] = os.path.join(self.work, f"{n}.o")
                if digest == self._original_hash(file, made):
                    del replaced[made]
                self._write(file, text)
            if not replaced:
                return "same code"
            return self._link(replaced)
        finally:
            os.remove(path)

    def _link(self, replaced):
        words = [replaced.get(w, w) for w in self.build.link]
        words[words.index("-o") + 1] = os.path.join(self.work, LIBRARY)
        return "does not link" if _run(words, cwd=self.build.path).returncode else ""


def _matters(old, new):
    if old == new:
        return False
    a, b = old.splitlines(), new.splitlines()
    if len(a) != len(b):
        return True
    for x, y in zip(a, b):
        if x == y:
            continue
        m, n = ENUMERATOR.fullmatch(x), ENUMERATOR.fullmatch(y)
        if not m or not n or m.group(1) != n.group(1) or len(re.findall(rf"\b{m.group(1)}\b", old)) > 1:
            return True
    return False
