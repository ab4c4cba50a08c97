# shellcheck shell=bash
# Which Debian mirrors this machine is configured for, and how it reaches them. Sourced.

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
