# shellcheck shell=bash
# Which Debian mirrors this machine is configured for, how it reaches them, and an apt for what is not to be
# installed. Sourced.

# Prints the URIs of the machine's enabled binary sources, in both of apt's formats.
configured_uris() {
    local list parts
    eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
    local files=()
    [ -r "${list:-}" ] && files+=("$list")
    for f in "${parts:-/nonexistent}"/*.list "${parts:-/nonexistent}"/*.sources; do
        [ -r "$f" ] && files+=("$f")
    done
    [ ${#files[@]} -gt 0 ] || return 0
    awk '
        function flush_stanza(   i, n, uri) {
            if (types ~ /(^| )deb( |$)/ && enabled != "no") {
                n = split(uris, uri, /[ \t]+/)
                for (i = 1; i <= n; i++) if (uri[i] != "") print uri[i]
            }
            types = uris = enabled = field = ""
        }
        FNR == 1 { flush_stanza() }
        FILENAME ~ /\.list$/ {
            if ($1 != "deb") next
            sub(/^[ \t]*deb[ \t]+/, ""); sub(/^\[[^]]*\][ \t]*/, "")
            print $1
            next
        }
        /^#/ { next }
        /^[ \t]*$/ { flush_stanza(); next }
        /^[ \t]/ { if (field == "uris") uris = uris " " $0; next }
        {
            field = tolower($1); sub(/:.*/, "", field)
            value = $0; sub(/^[^:]*:[ \t]*/, "", value)
            if (field == "types") types = value
            if (field == "uris") uris = value
            if (field == "enabled") enabled = tolower(value)
        }
        END { flush_stanza() }' "${files[@]}"
}

# Prints each candidate mirror once, those that look like the main Debian archive first.
candidate_mirrors() {
    configured_uris | sed 's:/*$:/:' | awk '
        /^cdrom:/ || /security/ || seen[$0]++ { next }
        { print ($0 ~ /\/debian\/$/ ? 0 : 1), NR, $0 }' | sort -n | cut -d' ' -f3-
}

# Prints apt's configuration for reaching mirrors (proxies), one assignment a line; nothing when it is
# reached directly. The environment's proxy counts as apt itself counts it: when nothing is configured.
mirror_proxies() {
    local scheme value
    for scheme in http https; do
        eval "$(apt-config shell value "Acquire::$scheme::Proxy")"
        if [ -z "${value:-}" ]; then
            value=${scheme}_proxy
            value=${!value:-}
        fi
        if [ -n "$value" ] && [ "$value" != DIRECT ]; then
            printf 'Acquire::%s::Proxy "%s";\n' "$scheme" "$value"
        fi
        value=''
    done
}

# Writes FOLDER/apt.conf and what it names: an apt of its own that reads packages of one architecture and
# suite from one mirror. Nothing is installed by it and the machine's own package lists are not touched:
#     apt-get -c FOLDER/apt.conf update
private_apt() { # private_apt FOLDER ARCHITECTURE SUITE MIRROR
    local folder=$1 f keyring=""
    for f in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
        if [ -r "$f" ]; then keyring=" signed-by=$f"; fi
    done
    mkdir -p "$folder/state/lists/partial" "$folder/cache/archives/partial"
    : >>"$folder/status"
    printf 'deb [arch=%s%s] %s %s main\n' "$2" "$keyring" "$4" "$3" >"$folder/sources.list"
    # The hooks are cleared because they would clean or refresh the host's own caches.
    cat >"$folder/apt.conf" <<END
#clear APT::Update;
#clear DPkg;
#clear APT::NeverAutoRemove;
Dir::State "$folder/state";
Dir::State::status "$folder/status";
Dir::Cache "$folder/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "$folder/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "$2";
APT::Architectures "$2";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
END
}
