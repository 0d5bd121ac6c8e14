#!/usr/bin/env bash
# Installs what `make all` needs and this machine lacks: see --help. It uses only bash 3.2, the version on a Mac.
set -euo pipefail

KIND_VERSION=0.33.0
HELM_VERSION=4.3.1
KUBECTL_VERSION=1.37.2
# The oldest sufficient versions: kind must match its node image, kubectl must be within one minor of the cluster.
KIND_MINIMUM=0.33.0 HELM_MINIMUM=4.0.0 KUBECTL_MINIMUM=1.36.0 DOCKER_MINIMUM=20.10.0

bin=${TOOLS_BIN:-$HOME/.local/bin}

usage() {
	cat <<EOT
Usage: hack/setup.sh [--dry-run]

Makes sure that Docker, kind $KIND_VERSION, Helm $HELM_VERSION and kubectl $KUBECTL_VERSION are installed, on x86-64 and arm64 Linux and macOS.
A program of a sufficient version is left alone. kind, Helm and kubectl are downloaded from their official hosts,
checked against the SHA-256 published there, and go to TOOLS_BIN (default: ~/.local/bin), which needs no root. Docker
comes from the package manager of the Linux distribution, as root or by sudo, and on macOS from Homebrew with Colima.

  --dry-run  print what would be done and change nothing
  --help     this text
EOT
}

say() { printf '%s\n' "$*"; }
die() {
	printf 'error: %s\n' "$1" >&2
	exit "${2:-1}"
}

run() { # run COMMAND...: prints it, and runs it unless this is a dry run
	say "+ $*"
	[ -n "$dry_run" ] || "$@"
}

version_in() { # version_in TEXT: prints the first version in it, without its v
	[[ $1 =~ [0-9]+\.[0-9]+(\.[0-9]+)? ]] && printf %s "${BASH_REMATCH[0]}"
}

at_least() { # at_least VERSION MINIMUM
	local a b i
	IFS=. read -ra a <<<"$1"
	IFS=. read -ra b <<<"$2"
	for i in 0 1 2; do
		if [ "${a[i]:-0}" -gt "${b[i]}" ]; then return; fi
		if [ "${a[i]:-0}" -lt "${b[i]}" ]; then return 1; fi
	done
}

sufficient() { # sufficient NAME MINIMUM COMMAND...: whether the version that COMMAND prints is new enough
	local name=$1 minimum=$2 found
	shift 2
	command -v "$1" >/dev/null || return
	found=$(version_in "$("$@" 2>/dev/null)") || return
	if at_least "$found" "$minimum"; then
		say "$name $found is installed: $(command -v "$1")"
	else
		say "$name $found is too old: it must be $minimum or newer"
		return 1
	fi
}

fetch() { # fetch URL FILE
	curl -fsSL --proto '=https' --connect-timeout 10 --max-time 600 --retry 2 -o "$2" "$1" ||
		die "$1 cannot be downloaded"
}

# The checksum comes from the same host as the file. It protects against a damaged or exchanged file; HTTPS protects
# against a false host.
download() { # download NAME URL CHECKSUM-URL [MEMBER]: installs the file, or a member of it if it is an archive
	local name=$1 url=$2 checksum_url=$3 member=${4:-} file expected
	say "$name: $url -> $bin/$name"
	[ -z "$dry_run" ] || return 0
	file=$work/${url##*/}
	fetch "$url" "$file"
	fetch "$checksum_url" "$file.sum"
	read -r expected _ <"$file.sum" || [ -n "$expected" ] || die "$checksum_url is empty"
	[ "$(openssl dgst -sha256 -r "$file" | cut -d' ' -f1)" = "$expected" ] ||
		die "$url does not match its SHA-256 in $checksum_url: nothing was installed from it"
	if [ -n "$member" ]; then
		tar -xzf "$file" -C "$work" "$member"
		file=$work/$member
	fi
	mkdir -p "$bin"
	chmod 755 "$file"
	mv -f "$file" "$bin/$name"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		run "$@"
	elif command -v sudo >/dev/null; then
		run sudo "$@"
	else
		die "Docker needs root, and there is no sudo. Run as root: $*"
	fi
}

docker_on_linux() {
	if command -v apt-get >/dev/null; then
		as_root apt-get update -qq
		as_root apt-get install -y docker.io
	elif command -v dnf >/dev/null; then
		as_root dnf install -y moby-engine
	elif command -v zypper >/dev/null; then
		as_root zypper --non-interactive install docker
	elif command -v pacman >/dev/null; then
		as_root pacman -S --noconfirm docker
	else
		die "install Docker yourself: https://docs.docker.com/engine/install"
	fi
	if command -v systemctl >/dev/null; then as_root systemctl enable --now docker; fi
}

docker_on_macos() {
	command -v brew >/dev/null ||
		die "install Docker Desktop (https://docs.docker.com/desktop/setup/install/mac-install) or Homebrew (https://brew.sh), then run this again"
	run brew install colima docker
	run colima start
}

install_docker() {
	if sufficient Docker $DOCKER_MINIMUM docker --version; then
		docker version >/dev/null 2>&1 || unusable_docker
	else
		"docker_on_$os_name"
		[ -n "$dry_run" ] || docker version >/dev/null 2>&1 || unusable_docker
	fi
}

unusable_docker() {
	case $os_name in
	linux) trouble="Docker does not answer. Start it (sudo systemctl start docker) and let yourself use it
(sudo usermod -aG docker \"\$USER\", then log in again)." ;;
	macos) trouble="Docker does not answer. Start Docker Desktop, or: colima start" ;;
	esac
}

dry_run=''
case ${1:-} in
'') ;;
--dry-run) dry_run=yes ;;
-h | --help)
	usage
	exit
	;;
*) die "unknown option $1 (see --help)" 2 ;;
esac

case $(uname -s) in
Linux) os=linux os_name=linux ;;
Darwin) os=darwin os_name=macos ;;
*) die "$(uname -s) is not supported: install Docker, kind, Helm and kubectl yourself (on Windows, use WSL 2)" ;;
esac
case $(uname -m) in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
*) die "$(uname -m) is not supported: there are downloads for x86-64 and arm64 only" ;;
esac
for tool in curl openssl tar; do
	command -v $tool >/dev/null || die "$tool is not in the PATH: install it first"
done

[ -z "$dry_run" ] || say "Dry run: nothing is changed."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
path=$PATH
PATH=$bin:$PATH # find what an earlier run has installed
trouble=''

sufficient kind $KIND_MINIMUM kind version || {
	url=https://kind.sigs.k8s.io/dl/v$KIND_VERSION/kind-$os-$arch
	download kind "$url" "$url.sha256sum"
}
sufficient Helm $HELM_MINIMUM helm version --short || {
	url=https://get.helm.sh/helm-v$HELM_VERSION-$os-$arch.tar.gz
	download helm "$url" "$url.sha256sum" "$os-$arch/helm"
}
sufficient kubectl $KUBECTL_MINIMUM kubectl version --client || {
	url=https://dl.k8s.io/release/v$KUBECTL_VERSION/bin/$os/$arch/kubectl
	download kubectl "$url" "$url.sha256"
}
install_docker
if [ -n "$trouble" ]; then
	[ -n "$dry_run" ] || die "$trouble"
	say "$trouble"
fi

case :$path: in
*:"$bin":*) ;;
*) say "The Makefile finds programs in $bin; for your own shell: export PATH=\"$bin:\$PATH\"" ;;
esac
