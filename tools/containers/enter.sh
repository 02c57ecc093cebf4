# Enters a container: enter.sh ROOT CGROUP UID GID GROUPS CAPABILITIES WORKDIR [MOUNT …] -- COMMAND …
# Runs in a mount namespace of its own. MOUNT is tmpfs:TO, ro:FROM:TO or rw:FROM:TO.
set -eu
root=$1 cgroup=$2 uid=$3 gid=$4 groups=$5 capabilities=$6 workdir=$7
shift 7
[ "$cgroup" = - ] || echo $$ > "$cgroup/cgroup.procs"
mount --bind "$root" "$root"
mount --rbind /proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
for file in hosts resolv.conf; do
  [ -e "/etc/$file" ] || continue
  [ -e "$root/etc/$file" ] || : > "$root/etc/$file"
  mount --bind "/etc/$file" "$root/etc/$file"
done
while [ "$1" != -- ]; do
  kind=${1%%:*} rest=${1#*:}
  # A link such as /var/run leads to a place in the container, not outside of it.
  to=$root$(chroot "$root" readlink -m "${rest##*:}")
  case $kind in
    tmpfs) mkdir -p "$to"; mount -t tmpfs -o mode=1777 tmpfs "$to" ;;
    *)
      from=${rest%:*}
      if [ -d "$from" ]; then mkdir -p "$to"; else mkdir -p "${to%/*}"; [ -e "$to" ] || : > "$to"; fi
      mount --bind "$from" "$to"
      [ "$kind" = rw ] || mount -o remount,bind,ro "$to"
      ;;
  esac
  shift
done
shift
mount -o remount,bind,ro "$root"
case $groups in -) groups=--clear-groups ;; *) groups=--groups=$groups ;; esac
exec chroot "$root" setpriv --reuid="$uid" --regid="$gid" "$groups" --no-new-privs --inh-caps=-all --bounding-set="$capabilities" \
  sh -c 'cd "$0" && exec "$@"' "$workdir" "$@"
