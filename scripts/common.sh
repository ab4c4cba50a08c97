# shellcheck shell=bash
# What scripts/test, scripts/demo and .ci/run share: installing Debian packages, configuring, building.
# Sourced, with TOP set to the top of the source tree.
# shellcheck disable=SC2034 # the lists are for those who source this

readonly BUILD_PACKAGES="gcc libc6-dev make cmake ninja-build ccache libelf-dev libfdt-dev libreadline-dev \
libmpfr-dev libgmp-dev libslirp-dev zlib1g-dev libzstd-dev libseccomp-dev check gcc-riscv64-unknown-elf"
readonly KVM_PACKAGES="gcc-riscv64-linux-gnu libc6-dev-riscv64-cross cpio xz-utils zstd"
readonly TEST_PACKAGES="python3 gdb-multiarch chromium man-db lintian zsh g++ pkg-config abigail-tools \
python3-pytest $KVM_PACKAGES"
readonly LINT_PACKAGES="clang clang-format libedit-dev"

say() { printf '== %s\n' "$1"; }

die() { # die STATUS MESSAGE
    printf '%s: %s\n' "${0##*/}" "$2" >&2
    exit "$1"
}

# Runs a command as root.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        return 1
    fi
}

# Prints those of the packages that are not installed.
missing_packages() {
    local p
    for p in "$@"; do
        case $(dpkg-query -W -f='${Status}' "$p" 2>/dev/null) in
        *' installed') ;;
        *) printf '%s ' "$p" ;;
        esac
    done
}

# Installs what is missing of the packages named; the package lists are fetched only when needed.
need_packages() {
    local missing install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends)
    command -v dpkg-query >/dev/null || {
        say "not a Debian system: expecting to find $*"
        return 0
    }
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    say "installing $missing"
    # shellcheck disable=SC2086 # a list of names
    as_root "${install[@]}" $missing >/dev/null 2>&1 ||
        { as_root apt-get update -q && as_root "${install[@]}" $missing; } ||
        die 2 "cannot install packages; run as root: apt-get install $missing"
}

# Processors to use; a number in JOBS overrides.
jobs() { printf '%s\n' "${JOBS:-$(nproc)}"; }

# Removes build/PRESET if it was configured in another folder, of which this tree is a copy.
forget_copied_build() { # forget_copied_build PRESET
    local cache=$TOP/build/$1/CMakeCache.txt home
    [ -e "$cache" ] || return 0
    home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache")
    [ "$home" -ef "$TOP" ] && return 0
    say "build/$1 belongs to $home: building anew"
    rm -rf "${TOP:?}/build/$1"
}

# Configures a preset and builds the targets named, or everything, into build/PRESET.
build() { # build PRESET [TARGET...]
    local preset=$1
    shift
    set -- "$preset" ${1:+--target "$@"}
    forget_copied_build "$1"
    say "building $1"
    (cd "$TOP" && cmake --preset "$1" >"$TOP/build/$1.configure.log" 2>&1) ||
        { cat "$TOP/build/$1.configure.log" >&2; die 1 "configuring $1 failed"; }
    cmake --build "$TOP/build/$1" -j "$(jobs)" "${@:2}" || die 1 "building $1 failed"
}

# Prints one number of a ctest report: tests, failures, disabled or skipped.
report_number() { # report_number FILE ATTRIBUTE
    sed -n "/<testsuite /,/>/s/.*[[:space:]]$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1
}

# Runs the test suite of a preset that is built, and adds up how its tests ended.
passed=0 failed=0 skipped=0
run_tests() { # run_tests PRESET [CTEST-OPTION...]
    local report=$TOP/build/$1/report.xml bad off
    say "testing $1"
    rm -f "$report"
    ctest --test-dir "$TOP/build/$1" --output-on-failure -j "$(jobs)" --output-junit "$report" "${@:2}" || true
    [ -s "$report" ] || die 1 "ctest left no report for $1"
    bad=$(report_number "$report" failures)
    off=$(($(report_number "$report" skipped) + $(report_number "$report" disabled)))
    failed=$((failed + bad))
    skipped=$((skipped + off))
    passed=$((passed + $(report_number "$report" tests) - bad - off))
}

# The last line of a run of tests: status 0 if none has failed and some have passed.
tests_counted() {
    [ "$skipped" -eq 0 ] || echo "SKIPPED: $skipped tests did not run; see above for why"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
