#!/bin/sh
# Run in a mount namespace of its own: libvirtd finds its directories at the usual paths, and they
# are this deployment's. The machine's own libvirt, if there is one, is neither seen nor changed.
set -eu
mount --bind ${directory}/etc /etc/libvirt
mount --bind ${directory}/lib /var/lib/libvirt
mount --bind ${directory}/cache /var/cache/libvirt
mount --bind ${directory}/log /var/log/libvirt
# Debian's libvirt insists on the user libvirt-qemu, which only its service's package makes
mount --bind ${directory}/passwd /etc/passwd
mount --bind ${directory}/group /etc/group
mount --bind ${etc} /etc/ceph
mount -t tmpfs -o mode=755 tmpfs /run
# Nova knows a hypervisor by libvirt's host name
hostname ${host}
exec libvirtd --config ${etc}/libvirtd.conf --pid-file ${sockets}/libvirtd.pid
