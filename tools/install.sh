# Sourced by the scripts beside it: installs the package $1 with apt-get, if there is apt-get.
# Otherwise it asks the user to install $2.
install_package() {
	if ! command -v apt-get >/dev/null; then
		echo "$2" >&2
		exit 1
	fi
	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo >/dev/null; then
			echo "Please run as root: apt-get install $1" >&2
			exit 1
		fi
		sudo=sudo
	fi
	$sudo apt-get update -qq
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$1" >/dev/null
}
