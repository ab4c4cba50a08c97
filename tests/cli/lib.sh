# shellcheck shell=bash
# What the scripts of this folder share: guests, running the program, checking what it says. Sourced with
# HEXTANT set to the program and HERE to this folder.
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
CC=riscv64-unknown-elf-gcc
PASSED=0 FAILED=0

# Assembles guest N for an XLEN into $WORK/gN_rvXLEN.
guest() { # guest N XLEN
    local abi=lp64
    [ "$2" = 64 ] || abi=ilp32
    [ -e "$WORK/g$1_rv$2" ] ||
        $CC -march="rv$2ima_zicsr" -mabi=$abi -nostdlib -static -DGUEST="$1" -T "$HERE/guests.ld" \
            -Wl,--no-warn-rwx-segments -Wl,--build-id=none -o "$WORK/g$1_rv$2" "$HERE/guests.S" || exit 1
    printf '%s\n' "$WORK/g$1_rv$2"
}

fail() {
    printf 'FAILED %s: %s\n' "$CASE" "$1"
    sed 's/^/    /' "$WORK/out" "$WORK/err"
    FAILED=$((FAILED + 1))
}

# Runs hextant; output, messages and status are kept for expect.
run() {
    "$HEXTANT" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
    STATUS=$?
}

# Checks the last run: its status, and patterns of its standard output and error ('' = empty).
expect() { # expect CASE STATUS OUT ERR
    CASE=$1
    if [ $STATUS -ne "$2" ]; then
        fail "status $STATUS, not $2"
    elif [ -z "$3" ] && [ -s "$WORK/out" ]; then
        fail "unexpected output"
    elif [ -n "$3" ] && ! grep -q -e "$3" "$WORK/out"; then
        fail "no '$3' in the output"
    elif [ -z "$4" ] && [ -s "$WORK/err" ]; then
        fail "unexpected message"
    elif [ -n "$4" ] && ! grep -q -e "$4" "$WORK/err"; then
        fail "no '$4' in the messages"
    elif [ "$2" -eq 2 ] && [ "$(wc -l <"$WORK/err")" -ne 1 ]; then
        fail "a user's mistake is one line"
    else
        PASSED=$((PASSED + 1))
    fi
}

# A wrong use: status 2 and one line with the pattern.
refused() { # refused CASE PATTERN ARGUMENT...
    local name=$1 pattern=$2
    shift 2
    run "$@"
    expect "$name" 2 '' "$pattern"
}
