#!/bin/busybox sh
# First process of the emulated machine. The host's files are seen as they are and cannot be
# changed: what is written goes to memory.
PATH=/bin
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do $b insmod "$module" 2>/dev/null; done
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro host /host ||
	{ echo "twinpath-guest: the host's files cannot be mounted"; $b poweroff -f; }
$b mount -t tmpfs tmpfs /changes
$b mkdir /changes/upper /changes/work
$b mount -t overlay -o lowerdir=/host,upperdir=/changes/upper,workdir=/changes/work overlay /root ||
	{ echo "twinpath-guest: no overlay"; $b poweroff -f; }
for folder in proc sys dev; do $b mount --move /$folder /root/$folder; done
$b mount -t tmpfs tmpfs /root/run
$b cp /guest/* /root/run/
modules=$($b sed -n 's/.*twinpath.modules=\([^ ]*\).*/\1/p' /root/proc/cmdline)
$b mkdir -p /root/lib/modules
$b rm -rf "/root/lib/modules/$($b uname -r)"
$b ln -s "$modules" "/root/lib/modules/$($b uname -r)"
exec $b switch_root /root /bin/sh /run/script
