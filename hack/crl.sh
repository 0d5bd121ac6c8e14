#!/usr/bin/env bash
# Revokes client certificates: makes and updates a certificate revocation list (CRL). See --help. It uses only bash 3.2 and
# the options that OpenSSL 3 and LibreSSL have in common, so that a Mac needs nothing installed.
set -euo pipefail
unset CDPATH
export LC_ALL=C
export SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null # ignore the CAs of the system, which take long to read

DAYS=30

usage() {
	cat <<EOF
Usage: hack/crl.sh revoke CERTIFICATE|SERIAL... [OPTION]...
       hack/crl.sh list [OPTION]...
       hack/crl.sh renew [OPTION]...

Keeps the certificate revocation list (CRL) that TLS_CRL_FILE of the service names. The list itself is all that is kept,
so it can be renewed wherever the key of the CA is.

  revoke   adds certificates, by their files or by their serial numbers (hexadecimal, as the log of the service has them)
  list     shows what is revoked, and when the next update is due
  renew    writes the list again with a later next update, or an empty one if there is none yet

A running service reads the new list within seconds: it refuses the certificates, and closes their connections. The list
must be renewed before its next update is due: from then on every client of the CA is refused.

  --dir DIR      the folder of hack/generate-certs.sh (default: certs in the repository)
  --ca FILE      the certificate of another CA (default: ca-cert.pem in DIR)
  --ca-key FILE  its key (default: ca-key.pem in DIR)
  --crl FILE     the list (default: crl.pem in DIR), with the CRL of this CA and no other
  --days DAYS    when the next update is due (default: in $DAYS days)
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
	line=$(openssl x509 -noout "-$1" -nameopt compat -in "$2" 2>/dev/null) || return 1
	line=${line#*=}
	printf '%s' "${line# }"
}

key_of() { # key_of Subject|Authority CERTIFICATE: prints the identifier of that key, or nothing
	openssl x509 -noout -text -in "$2" | awk -v kind="$1 Key Identifier" \
		'index($0, kind) { getline; gsub(/keyid:|[^0-9A-F:]/, ""); print; exit }'
}

plain() { # plain TEXT: prints it without anything that a terminal obeys or that looks like PEM
	printf '%s' "$1" | tr -c 'A-Za-z0-9 =/.,:@_*-' '?' | sed 's/BEGIN/?/g; s/END/?/g'
}

# Prints the revocations in a CRL as lines of the database of `openssl ca`, which makes a CRL of no more than this.
database() { # database CRL
	openssl crl -noout -text -in "$1" | awk '
		function end() { if (serial != "") printf "R\t491231235959Z\t%s%s\t%s\tunknown\t/CN=revoked\n", date, reason, serial }
		BEGIN {
			split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", names, " ")
			for (i in names) month[names[i]] = sprintf("%02d", i)
			known["Key Compromise"] = "keyCompromise"; known["CA Compromise"] = "CACompromise"
			known["Affiliation Changed"] = "affiliationChanged"; known["Superseded"] = "superseded"
			known["Cessation Of Operation"] = "cessationOfOperation"
		}
		/^ *Serial Number: / { end(); serial = toupper($3); reason = "" }
		/^ *Revocation Date: / { # Nov 30 14:05:06 2026 GMT
			split($5, clock, ":")
			date = sprintf("%02d%s%02d%s%s%sZ", $6 % 100, month[$3], $4, clock[1], clock[2], clock[3])
		}
		/Reason Code:/ { getline; gsub(/^ +| +$/, ""); if ($0 in known) reason = "," known[$0] }
		END { end() }'
}

# The text before the list names what is revoked. It is a note for people: the list itself has numbers only.
name_in_list() { # name_in_list SERIAL
	awk -v serial="$1" '$1 == "#" && $2 == serial { sub(/^# [^ ]* /, ""); print; exit }' "$crl"
}

check_issuer() { # check_issuer CERTIFICATE: it is one of this CA
	local issuer own meant
	issuer=$(name_of issuer "$1") || die "$1 is not a certificate (PEM)"
	own=$(name_of subject "$ca")
	[ "$issuer" = "$own" ] ||
		die "$1 was issued by $(plain "$issuer"), not by $(plain "$own"): name its issuer with --ca and --ca-key"
	meant=$(key_of Authority "$1")
	[ -z "$meant" ] || [ "$meant" = "$(key_of Subject "$ca")" ] ||
		die "$1 was issued with another key of $(plain "$own"), for example before the CA was made again: the service refuses it already, unless it trusts that CA too"
}

serial_of() { # serial_of CERTIFICATE|SERIAL: prints the number in the form of `openssl ca`
	local number=$1
	if [ -e "$1" ]; then
		number=$(openssl x509 -noout -serial -in "$1")
		number=${number#*=}
	fi
	number=$(printf '%s' "$number" | tr '[:lower:]' '[:upper:]' | tr -d ':')
	[[ $number =~ ^[0-9A-F]{1,40}$ ]] || die "$1 is neither a file nor a serial number (hexadecimal)"
	if [ $((${#number} % 2)) = 1 ]; then number=0$number; fi
	while [[ $number == 00?* ]]; do number=${number#00}; done
	printf '%s' "$number"
}

check_list() { # the file holds one CRL, and this CA has signed it
	local blocks
	blocks=$(grep -c -e '-----BEGIN' "$crl" || true)
	[ "$blocks" = 1 ] ||
		die "$crl holds $blocks PEM blocks, not one: keep the CRL of each CA in a file of its own, and join the files for TLS_CRL_FILE"
	openssl crl -noout -in "$crl" -CAfile "$ca" 2>&1 | grep 'verify OK' >/dev/null ||
		die "$crl was not signed with the key of $ca: name the CA with --ca and --ca-key; if the CA has been made again, move the list away and run hack/crl.sh renew"
}

next_update() {
	openssl crl -noout -nextupdate -in "$crl" | sed 's/^nextUpdate=//'
}

write_list() { # of the database and the notes in $work
	[ -r "$key" ] || die "the key of the CA cannot be read: $key (name it with --ca-key)"
	# The number of a list must be greater than that of the list before.
	printf '%08X\n' "$(date +%s)" >"$work/number"
	cat >"$work/conf" <<-EOF
		[ca]
		default_ca = own
		[own]
		database = $work/database
		crlnumber = $work/number
		default_md = sha256
	EOF
	# The identifier of the key, if the certificate of the CA has one.
	if [ -n "$(key_of Subject "$ca")" ]; then
		printf 'crl_extensions = crl\n[crl]\nauthorityKeyIdentifier = keyid\n' >>"$work/conf"
	fi
	ssl ca -config "$work/conf" -cert "$ca" -keyfile "$key" -gencrl -crldays "$days" -out "$work/crl"
	{
		printf '# What %s has revoked; hack/crl.sh keeps this list.\n' "$(plain "$(name_of subject "$ca")")"
		cat "$work/notes" "$work/crl"
	} >"$work/new"
	chmod 644 "$work/new"
	mv -f "$work/new" "$crl" # at once: a service never reads half of it
}

command='' dir='' ca='' key='' crl='' days=$DAYS certificates=()
while [ $# -gt 0 ]; do
	case $1 in
	--dir | --ca | --ca-key | --crl | --days)
		case ${2:-} in '' | -*) die "$1 needs a value (see --help)" 2 ;; esac
		;;
	esac
	case $1 in
	--dir) dir=$2 && shift ;;
	--ca) ca=$2 && shift ;;
	--ca-key) key=$2 && shift ;;
	--crl) crl=$2 && shift ;;
	--days)
		[[ $2 =~ ^[1-9][0-9]{0,3}$ ]] || die "--days takes a number of days from 1 to 9999" 2
		days=$2 && shift
		;;
	-h | --help)
		usage
		exit
		;;
	-*) die "unknown option $1 (see --help)" 2 ;;
	*) if [ -z "$command" ]; then command=$1; else certificates+=("$1"); fi ;;
	esac
	shift
done
case $command in
revoke) [ ${#certificates[@]} -gt 0 ] || die "revoke needs a certificate or a serial number (see --help)" 2 ;;
list | renew) [ ${#certificates[@]} = 0 ] || die "$command takes no certificate (see --help)" 2 ;;
'') die "name a command: revoke, list or renew (see --help)" 2 ;;
*) die "unknown command $command: it is revoke, list or renew (see --help)" 2 ;;
esac
command -v openssl >/dev/null || die "openssl is not in the PATH: install OpenSSL 3 (or LibreSSL)"

if [ -z "$dir" ]; then
	dir=$(cd "$(dirname "$0")/.." && pwd)/certs
	dir=${dir#"$PWD"/}
fi
ca=${ca:-$dir/ca-cert.pem} key=${key:-$dir/ca-key.pem} crl=${crl:-$dir/crl.pem}
name_of subject "$ca" >/dev/null ||
	die "the certificate of the CA cannot be read: $ca (hack/generate-certs.sh makes one; --ca names another)"
[ -d "$(dirname "$crl")" ] || die "there is no folder for $crl: make it, or name another with --crl"

if [ "$command" = list ]; then
	[ -f "$crl" ] || die "there is no list $crl yet: hack/crl.sh renew makes an empty one"
	check_list
	database "$crl" | while IFS=$'\t' read -r _ _ date serial _; do
		printf '%s  20%s-%s-%sT%s:%s:%sZ  %s\n' "$serial" "${date:0:2}" "${date:2:2}" "${date:4:2}" "${date:6:2}" \
			"${date:8:2}" "${date:10:2}" "$(name_in_list "$serial")"
	done
	printf 'next update due %s\n' "$(next_update)"
	exit
fi

# The work is done in a folder beside the list, from which the new list is moved over the old one. It is also a lock.
umask 077
work=$crl.lock
mkdir "$work" || die "cannot start: another run is in progress, or was killed and left that folder behind (then remove it)"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
: >"$work/database"
: >"$work/notes"
known=''
if [ -f "$crl" ]; then
	known=yes
	check_list
	database "$crl" >"$work/database"
	grep -E '^# [0-9A-F]+ ' "$crl" >"$work/notes" || true
fi

report=''
for certificate in ${certificates[@]+"${certificates[@]}"}; do
	name='given by its serial number'
	if [ -e "$certificate" ]; then
		check_issuer "$certificate"
		name=$(name_of subject "$certificate")
	fi
	serial=$(serial_of "$certificate")
	name=$(plain "$name")
	verb='revoked already:'
	if ! cut -f 4 "$work/database" | grep -x "$serial" >/dev/null; then
		verb=revoked
		printf 'R\t491231235959Z\t%s\t%s\tunknown\t/CN=revoked\n' "$(date -u +%y%m%d%H%M%SZ)" "$serial" >>"$work/database"
		printf '# %s %s\n' "$serial" "$name" >>"$work/notes"
	fi
	report="$report$verb $serial  $name"$'\n'
done
write_list
printf %s "$report"
printf 'wrote %s, next update due %s\n' "$crl" "$(next_update)"
if [ -z "$known" ]; then printf 'start the service with TLS_CRL_FILE=%s\n' "$crl"; fi
