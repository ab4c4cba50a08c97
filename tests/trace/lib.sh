# shellcheck shell=bash
# What the tests of traces share: running the simulator, counting results. Sourced with HEXTANT set.
# shellcheck disable=SC2034 # variables are for those who source this

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
PASSED=0 FAILED=0

# Runs hextant; the guest's output is in $WORK/out, messages are in $WORK/err.
run() {
    "$HEXTANT" run "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
    STATUS=$?
}

# check NAME COMMAND...: the command must succeed.
check() {
    local name=$1
    shift
    if "$@" >"$WORK/check" 2>&1; then
        PASSED=$((PASSED + 1))
    else
        printf 'FAILED %s: %s\n' "$name" "$*"
        sed 's/^/    /' "$WORK/check" | head -20
        FAILED=$((FAILED + 1))
    fi
}

# all FILE PATTERN: every line of the file matches the extended pattern, and there is one.
all() {
    [ -s "$1" ] && ! grep -nvE -e "$2" "$1"
}

# equal A B
equal() {
    [ "$1" = "$2" ] || { printf '%s is not %s\n' "$1" "$2"; return 1; }
}

finish() {
    echo "$PASSED passed, $FAILED failed"
    [ "$FAILED" -eq 0 ] && [ "$PASSED" -gt 0 ]
}
