#!/usr/bin/env bash
# Makes a development CA and the certificates for mutual TLS: see --help. It uses only bash 3.2 and the options
# that OpenSSL 3 and LibreSSL have in common, so that a Mac needs nothing installed.
set -euo pipefail
unset CDPATH
export LC_ALL=C
export SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null # ignore the CAs of the system, which take long to read

SERVICE=k8s-deployment-scaler # release, namespace and Service in the cluster
CA="/CN=$SERVICE development CA"
CA_DAYS=3650
LEAF_DAYS=365
RENEW_DAYS=30
PASSWORD=changeit

usage() {
	cat <<EOF
Usage: hack/generate-certs.sh [--dir DIR] [--force] [--client NAME [--group GROUP]...]

Makes a development CA and, with it, certificates for mutual TLS, all ECDSA P-256:

  ca-cert.pem, ca-key.pem          the CA, valid for 10 years
  server-cert.pem, server-key.pem  localhost and the names of the Service, valid for 1 year (Apple allows 825 days)
  client-cert.pem, client-key.pem  the user "client", valid for 1 year
  client.p12                       the same client for the key store of a browser or the system; password: $PASSWORD
                                   (hack/browser-certificate.sh puts it there)

Existing files that match each other and are valid for $RENEW_DAYS more days are kept. A CA that is missing, broken or in
its last year (no certificate outlives its CA) is replaced, and so is everything that it signed.

  --dir DIR      the folder to fill (default: certs in the repository)
  --force        make everything again, including the CA
  --client NAME  make one more client: NAME-cert.pem, NAME-key.pem, NAME.p12 with NAME as the user (CN)
  --group GROUP  a group (O) of that client; may be repeated
  --help         this text
EOF
}

die() { # die MESSAGE [STATUS]
	printf 'error: %s\n' "$1" >&2
	exit "${2:-1}"
}

ssl() { # ssl ARGUMENTS: runs openssl, and shows its output only if it fails
	openssl "$@" >"$work/log" 2>&1 || die "openssl $1 failed: $(cat "$work/log")"
}

name_of() { # name_of subject|issuer CERTIFICATE: prints it as /O=a/CN=b
	local line
	line=$(openssl x509 -noout "-$1" -nameopt compat -in "$2" 2>/dev/null) || return 0
	line=${line#*=}
	printf '%s' "${line# }"
}

fits() { # fits NAME DAYS: the CA signed the certificate, the key is its key, and it lasts DAYS more
	local cert="$dir/$1-cert.pem"
	[ -z "$force" ] &&
		openssl x509 -noout -checkend $(($2 * 86400)) -in "$cert" >/dev/null 2>&1 &&
		# Check the output rather than the status: LibreSSL accepts a self-signed certificate with a remark.
		[ "$(openssl verify -CAfile "$dir/ca-cert.pem" "$cert" 2>&1)" = "$cert: OK" ] &&
		[ "$(openssl x509 -noout -pubkey -in "$cert")" = \
			"$(openssl pkey -pubout -passin pass: -in "$dir/$1-key.pem" 2>/dev/null)" ]
}

make_key() { # make_key NAME: as PKCS #8, the one form that every language reads
	ssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$new/$1-key.pem"
}

make_ca() {
	make_key ca
	ssl req -new -x509 -sha256 -config "$work/conf" -extensions ca -subj "$CA" -key "$new/ca-key.pem" \
		-set_serial "0x$(openssl rand -hex 16)" -days $CA_DAYS -out "$new/ca-cert.pem"
	chmod 644 "$new/ca-cert.pem"
}

make_leaf() { # make_leaf NAME SUBJECT EXTENSIONS
	make_key "$1"
	ssl req -new -sha256 -config "$work/conf" -subj "$2" -key "$new/$1-key.pem" -out "$work/request"
	ssl x509 -req -sha256 -in "$work/request" -CA "$ca-cert.pem" -CAkey "$ca-key.pem" \
		-set_serial "0x$(openssl rand -hex 16)" -days $LEAF_DAYS \
		-extfile "$work/conf" -extensions "$3" -out "$new/$1-cert.pem"
	chmod 644 "$new/$1-cert.pem"
}

leaf() { # leaf NAME SUBJECT EXTENSIONS: makes it unless it can be kept
	if fits "$1" $RENEW_DAYS && [ "$(name_of subject "$dir/$1-cert.pem")" = "$2" ]; then return; fi
	make_leaf "$@"
}

fingerprint() { openssl x509 -noout -fingerprint -sha256 2>/dev/null; }

# Every key store, including that of macOS, imports 3DES and SHA-1. They are weak, but the file mode protects the key, not
# the password.
bundle() { # bundle NAME: makes NAME.p12 unless it holds NAME's certificate
	local from="$dir"
	if [ -f "$new/$1-key.pem" ]; then
		from=$new
	elif [ "$(openssl pkcs12 -nokeys -clcerts -passin pass:$PASSWORD -in "$dir/$1.p12" 2>/dev/null | fingerprint)" = \
		"$(fingerprint <"$dir/$1-cert.pem")" ]; then
		return
	fi
	ssl pkcs12 -export -inkey "$from/$1-key.pem" -in "$from/$1-cert.pem" -certfile "$ca-cert.pem" \
		-name "$1 ($SERVICE)" -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1 \
		-passout pass:$PASSWORD -out "$new/$1.p12"
}

# Names become parts of file names and of -subj, so they may not contain anything to escape, nor exceed 64 characters.
name_pattern='^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$'
group_pattern='^[A-Za-z0-9][A-Za-z0-9._@:-]{0,63}$'

dir='' force='' client='' groups=''
while [ $# -gt 0 ]; do
	case $1 in
	--dir | --client | --group)
		case ${2:-} in '' | -*) die "$1 needs a value (see --help)" 2 ;; esac
		;;
	esac
	case $1 in
	--dir) dir=$2 && shift ;;
	--client)
		[[ -z $client && $2 =~ $name_pattern ]] || die "--client takes one name of letters, digits and . _ @ -" 2
		case $(printf %s "$2" | tr '[:upper:]' '[:lower:]') in
		ca | server | client) die "--client $2 is a name that the standard set uses" 2 ;;
		esac
		client=$2 && shift
		;;
	--group)
		[[ $2 =~ $group_pattern ]] || die "--group takes a name of letters, digits and . _ @ : -" 2
		groups=$groups/O=$2 && shift
		;;
	--force) force=yes ;;
	-h | --help)
		usage
		exit
		;;
	*) die "unknown option $1 (see --help)" 2 ;;
	esac
	shift
done
[[ -n $client || -z $groups ]] || die "--group belongs to --client (see --help)" 2
command -v openssl >/dev/null || die "openssl is not in the PATH: install OpenSSL 3 (or LibreSSL)"

if [ -z "$dir" ]; then dir=$(cd "$(dirname "$0")/.." && pwd)/certs; fi
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# All files are made in a separate folder and moved when the set is complete. The folder is also a lock.
umask 077
work=$dir/.generate-certs
new=$work/new
mkdir "$work" || die "cannot start: another run is in progress, or was killed and left that folder behind (then remove it)"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$new"
cat >"$work/conf" <<EOF
[req]
distinguished_name = dn
string_mask = utf8only
[dn]
[ca]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = @names
[client]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[names]
DNS.1 = localhost
DNS.2 = $SERVICE
DNS.3 = $SERVICE.$SERVICE
DNS.4 = $SERVICE.$SERVICE.svc
DNS.5 = $SERVICE.$SERVICE.svc.cluster.local
IP.1 = 127.0.0.1
IP.2 = ::1
EOF

clients=(client)
if [ -n "$client" ]; then clients+=("$client"); fi
for cert in "$dir"/*-cert.pem; do # clients of earlier runs get new certificates with a new CA
	name=${cert##*/}
	name=${name%-cert.pem}
	if [[ $name =~ $name_pattern && " ${clients[*]} " != *" $name "* ]] &&
		[[ $(name_of issuer "$cert") == "$CA" && $(name_of subject "$cert") == */CN="$name" ]]; then
		clients+=("$name")
	fi
done

ca=$dir/ca
if ! fits ca $LEAF_DAYS; then
	make_ca
	ca=$new/ca force=yes
fi
leaf server /CN=localhost server
files=(ca-cert.pem ca-key.pem server-cert.pem server-key.pem)
for name in "${clients[@]}"; do
	case $name in
	client) subject=/CN=client ;;
	"$client") subject=$groups/CN=$client ;;
	*) subject=$(name_of subject "$dir/$name-cert.pem") ;;
	esac
	leaf "$name" "$subject" client
	bundle "$name"
	files+=("$name-cert.pem" "$name-key.pem" "$name.p12")
done

report='' made=''
for file in "${files[@]}"; do
	if [ -f "$new/$file" ]; then verb=made made="$made $file"; else verb=kept; fi
	report="$report$verb ${dir#"$PWD"/}/$file"$'\n'
done
if [ -n "$made" ]; then
	trap '' HUP INT TERM
	mv -f "$new"/* "$dir/"
fi
printf %s "$report"
case $made in *.p12*) printf 'password of the .p12 files: %s\n' $PASSWORD ;; esac
