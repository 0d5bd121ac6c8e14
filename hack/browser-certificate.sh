#!/usr/bin/env bash
# Puts the client certificate of ./certs into the browsers of this user, or takes it out: see --help. It uses only bash 3.2,
# so that a Mac needs nothing installed.
set -euo pipefail
unset CDPATH
export LC_ALL=C

CA_NAME='k8s-deployment-scaler development CA' # as hack/generate-certs.sh names it
PASSWORD=changeit

usage() {
	cat <<EOF
Usage: hack/browser-certificate.sh [--client NAME] [--dir DIR] [--yes] [--remove]

Makes the browsers of this user ready for the service of make run: they trust its development CA, and have the certificate of
a client to show. On Linux these are Chromium, Chrome and each profile of Firefox; on a Mac it is the login key chain.

  --client NAME  another client than "client", such as "viewer"
  --dir DIR      the folder with the certificates (default: certs in the repository)
  --yes          on Linux: install certutil without a question if it is missing
  --remove       take CA and certificate out
  --help         this text
EOF
}

die() { # die MESSAGE [STATUS]
	printf 'error: %s\n' "$1" >&2
	exit "${2:-1}"
}

by_hand() {
	cat >&2 <<EOF
By hand, in the settings of the browser, under certificates:
  import $p12 as your own certificate (password: $PASSWORD)
  import $ca as an authority, and trust it for websites
EOF
}

# Installs certutil and pk12util, which are in one package, if the user agrees.
install_nss_tools() {
	local answer run=() sudo=()
	if command -v apt-get >/dev/null; then
		run=(apt-get install -y --no-install-recommends libnss3-tools)
	elif command -v dnf >/dev/null; then
		run=(dnf install -y nss-tools)
	elif command -v pacman >/dev/null; then
		run=(pacman -S --noconfirm nss)
	else
		by_hand
		die 'certutil is missing: install the tools of NSS, or do it by hand as above'
	fi
	if [ "$(id -u)" -ne 0 ]; then sudo=(sudo); fi
	run=(${sudo[@]+"${sudo[@]}"} "${run[@]}")
	if [ -z "$yes" ]; then
		if [ ! -t 0 ]; then
			by_hand
			die "certutil is missing: run \`${run[*]}\` and then this command again, or do it by hand as above"
		fi
		read -r -p "certutil is missing. Run \`${run[*]}\`? [Y/n] " answer
		case $answer in [nN]*)
			by_hand
			exit 1
			;;
		esac
	fi
	if "${run[@]}" >&2; then return; fi
	# The lists of packages may be old or absent.
	if command -v apt-get >/dev/null && ${sudo[@]+"${sudo[@]}"} apt-get update -qq >&2 && "${run[@]}" >&2; then return; fi
	die "this failed: ${run[*]}"
}

# Prints the folders of the databases. Chromium has its own in one of two places and prefers the first, so a new one is made
# there, and only if there is neither.
databases() {
	local folder found='' first=$HOME/.pki/nssdb
	for folder in "$first" "${XDG_DATA_HOME:-$HOME/.local/share}/pki/nssdb" "$HOME"/snap/chromium/*/.pki/nssdb; do
		if [ -e "$folder/cert9.db" ]; then echo "$folder" && found=yes; fi
	done
	if [ -z "$found" ] && [ -z "$remove" ]; then
		mkdir -p "$first"
		chmod 700 "$HOME/.pki" "$first"
		certutil -N -d "sql:$first" --empty-password
		echo "$first"
	fi
	for folder in "$HOME"/.mozilla/firefox/* "$HOME"/.config/mozilla/firefox/* \
		"$HOME"/snap/firefox/common/.mozilla/firefox/* "$HOME"/.var/app/org.mozilla.firefox/.mozilla/firefox/*; do
		if [ -e "$folder/cert9.db" ]; then echo "$folder"; fi
	done
}

# Removes what an earlier run put there: certificates are made again now and then, under the same names.
clear_database() { # clear_database FOLDER
	while certutil -F -d "sql:$1" -n "$nickname" </dev/null >/dev/null 2>&1; do :; done
	while certutil -D -d "sql:$1" -n "$nickname" </dev/null >/dev/null 2>&1; do :; done
	while certutil -D -d "sql:$1" -n "$CA_NAME" </dev/null >/dev/null 2>&1; do :; done
}

on_linux() {
	local folder folders refused='close the browser and run this command again'
	if ! command -v certutil >/dev/null || ! command -v pk12util >/dev/null; then install_nss_tools; fi
	folders=$(databases)
	if [ -z "$folders" ]; then
		echo 'No browser has a database of certificates: there is nothing to remove.'
		return
	fi
	while IFS= read -r folder; do
		clear_database "$folder"
		if [ -z "$remove" ]; then
			certutil -A -d "sql:$folder" -n "$CA_NAME" -t C,, -i "$ca" || die "certutil cannot write to $folder: $refused"
			pk12util -i "$p12" -d "sql:$folder" -W "$PASSWORD" >/dev/null || die "pk12util cannot write to $folder: $refused"
		fi
		echo "$folder"
	done <<<"$folders"
}

sha1() { openssl x509 -noout -fingerprint -sha1 -in "$1" | sed 's/.*=//; s/://g'; }

on_mac() {
	local keychain=$HOME/Library/Keychains/login.keychain-db
	# By their hashes: another certificate may have the same name.
	security delete-identity -Z "$(sha1 "$dir/$client-cert.pem")" "$keychain" >/dev/null 2>&1 || true
	security remove-trusted-cert "$ca" >/dev/null 2>&1 || true
	security delete-certificate -Z "$(sha1 "$ca")" "$keychain" >/dev/null 2>&1 || true
	if [ -z "$remove" ]; then
		security add-trusted-cert -r trustRoot -p ssl -k "$keychain" "$ca"
		security import "$p12" -k "$keychain" -P "$PASSWORD" >/dev/null
	fi
	echo "$keychain"
}

client=client dir='' yes='' remove=''
while [ $# -gt 0 ]; do
	case $1 in
	--client | --dir)
		case ${2:-} in '' | -*) die "$1 needs a value (see --help)" 2 ;; esac
		;;
	esac
	case $1 in
	--client) client=$2 && shift ;;
	--dir) dir=$2 && shift ;;
	--yes) yes=yes ;;
	--remove) remove=yes ;;
	-h | --help)
		usage
		exit
		;;
	*) die "unknown option $1 (see --help)" 2 ;;
	esac
	shift
done
if [ -z "$dir" ]; then dir=$(cd "$(dirname "$0")/.." && pwd)/certs; fi
p12=$dir/$client.p12
ca=$dir/ca-cert.pem
nickname="$client (k8s-deployment-scaler)" # as hack/generate-certs.sh names it
for file in "$p12" "$ca"; do
	[ -f "$file" ] || die "$file does not exist: hack/generate-certs.sh makes it (--client $client, unless that is \"client\")"
done

if [ -n "$remove" ]; then echo 'Certificates are removed from'; else echo 'Certificates are put into'; fi
case $(uname -s) in
Linux) on_linux ;;
Darwin) on_mac ;;
*)
	by_hand
	die 'this system is neither Linux nor a Mac: do it by hand as above'
	;;
esac
if [ -n "$remove" ]; then exit; fi
echo "Start the browser again if it runs. It asks which certificate to show: choose \"$client\"."
