# hack/test-env.sh, hack/test-tools.sh and hack/lint-tools.sh source it: it fills a folder of binaries in the user's cache
# directory once. Progress goes to stderr, so that stdout contains only the name of the folder.
# shellcheck shell=bash disable=SC2034 # os and arch are for them

os=$(uname -s | tr '[:upper:]' '[:lower:]')
arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
cache=${XDG_CACHE_HOME:-$HOME/.cache}/k8s-deployment-scaler

say() { printf '%s\n' "$*" >&2; }
die() {
	say "error: $*"
	exit 1
}

complete() { # complete FOLDER [BINARY...]: whether it contains these, by default all BINARIES
	local folder=$1 b
	shift
	if [ $# = 0 ]; then set -- "${BINARIES[@]}"; fi
	for b in "$@"; do [ -x "$folder/$b" ] || return 1; done
}

# Prints a line every 30 s, so that a long build does not look like a hang.
with_progress() { # with_progress TITLE COMMAND...
	local title=$1 pid started=$SECONDS
	shift
	say "$title ..."
	"$@" >&2 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		if [ $(((SECONDS - started) % 30)) = 29 ]; then say "  ... $((SECONDS - started)) s"; fi
	done
	wait "$pid"
}

thrice() { # thrice COMMAND...: repeats what fails up to two times, because Go does not repeat a failed download
	"$@" || { say 'once more ...' && "$@"; } || { say 'for the last time ...' && "$@"; }
}

# build_tool FOLDER TOOL MODULE PACKAGE [FLAG...]: builds FOLDER/TOOL from the Go module in the folder MODULE
build_tool() {
	command -v go >/dev/null || die "there is neither $2 nor Go to build it. Install Go 1.26 or newer, or $2."
	CGO_ENABLED=0 GOFLAGS=-buildvcs=false with_progress "building $2 from its Go module" \
		thrice go -C "$3" build -trimpath -ldflags '-s -w' "${@:5}" -o "$1/$2" "$4"
}

# Fails quietly without a network, and with a message if the archive does not match its checksum.
# A file of checksums has a line for each name, or a checksum alone.
fetch() { # fetch FOLDER URL CHECKSUMS_URL: downloads and verifies FOLDER/archive.tar.gz
	local name=${2##*/} sum algorithm=sha256
	command -v curl >/dev/null || return 1
	curl -fsSL --connect-timeout 3 --max-time 600 --retry 2 -o "$1/archive.tar.gz" "$2" 2>/dev/null || return 1
	curl -fsSL --connect-timeout 3 --max-time 30 --retry 2 -o "$1/checksums" "$3" 2>/dev/null || return 1
	sum=$(awk -v name="$name" 'NF == 1 || $2 == name || $2 == "*" name { print $1 }' "$1/checksums")
	if [ ${#sum} = 128 ]; then algorithm=sha512; fi
	rm "$1/checksums"
	[ "$(openssl dgst "-$algorithm" -r "$1/archive.tar.gz" | cut -d' ' -f1)" = "$sum" ] || {
		say "$name does not match its checksum: not used"
		return 1
	}
}

# The folder is filled under another name and moved when it is complete, so that no run leaves half a folder.
filled() { # filled FOLDER COMMAND: prints FOLDER, which "COMMAND TEMPORARY_FOLDER" fills first unless it is complete
	if ! complete "$1"; then
		mkdir -p "$cache"
		work=$(mktemp -d "$cache/new.XXXXXX")
		trap 'rm -rf "$work"' EXIT
		"$2" "$work"
		complete "$work" || die "one of ${BINARIES[*]} could not be made: see the messages above"
		chmod 755 "$work"
		rm -rf "$1"
		mv "$work" "$1"
		trap - EXIT
	fi
	printf '%s\n' "$1"
}
