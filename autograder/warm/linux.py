"""The Linux system calls that Python has no function for (some came with 3.12), and a filter of those that stay.

Every function raises OSError where the kernel refuses. There is nothing here about grading.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 4, 22, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 36, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL, _SECCOMP_MODE_FILTER = 4, 2
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def setns(namespace: int, flags: int) -> None:
    _checked(_libc.setns(namespace, flags), "setns")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, options: str = "") -> None:
    arguments = [text.encode() if text else None for text in (source, target, kind)]
    _checked(_libc.mount(*arguments, ctypes.c_ulong(flags), options.encode()), f"mount {target}")


def _prctl(what: str, *arguments: int) -> None:
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)][:5]
    _checked(_libc.prctl(*padded), what)


def become_subreaper() -> None:
    """From now on what loses its parent among this process's descendants becomes its child, not that of process 1."""
    _prctl("subreaper", _PR_SET_CHILD_SUBREAPER, 1)


def be_dumpable() -> None:
    """Let /proc/self belong to this process's user again, which a change of user takes away."""
    _prctl("dumpable", _PR_SET_DUMPABLE, 1)


def no_new_privileges() -> None:
    _prctl("no_new_privs", _PR_SET_NO_NEW_PRIVS, 1)


def empty_bounding_set() -> None:
    """Let no program that is run from here on gain a capability. Takes CAP_SETPCAP; without it there is nothing to gain."""
    try:
        for capability in range(64):
            _prctl("bounding set", _PR_CAPBSET_DROP, capability)
    except OSError as fault:
        if fault.errno not in (errno.EINVAL, errno.EPERM):  # EINVAL: past the last one
            raise


def drop_capabilities() -> None:
    """Give up every capability that this process has."""
    empty_bounding_set()
    _prctl("ambient set", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")


# Calls that no notebook needs, by architecture: (AUDIT_ARCH, socket, clone, clone3, the ones refused)
_CALLS = {
    "x86_64": (0xC000003E, 41, 56, 435, {
        "shmget": 29, "semget": 64, "msgget": 68, "ptrace": 101, "syslog": 103, "pivot_root": 155, "mount": 165,
        "umount2": 166, "init_module": 175, "quotactl": 179, "kexec_load": 246, "add_key": 248, "request_key": 249,
        "keyctl": 250, "unshare": 272, "perf_event_open": 298, "open_by_handle_at": 304, "setns": 308,
        "process_vm_readv": 310, "process_vm_writev": 311, "finit_module": 313, "memfd_create": 319, "bpf": 321,
        "userfaultfd": 323}),
    "aarch64": (0xC00000B7, 198, 220, 435, {
        "umount2": 39, "mount": 40, "pivot_root": 41, "quotactl": 60, "unshare": 97, "kexec_load": 104, "init_module": 105,
        "syslog": 116, "ptrace": 117, "msgget": 186, "semget": 190, "shmget": 194, "add_key": 217, "request_key": 218,
        "keyctl": 219, "perf_event_open": 241, "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270,
        "process_vm_writev": 271, "finit_module": 273, "memfd_create": 279, "bpf": 280, "userfaultfd": 282}),
}
_CALLS_EVERYWHERE = {"io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsmount": 432,
                     "pidfd_getfd": 438, "memfd_secret": 447}
# By architecture: setsockopt and fcntl. What they may not set is (place of the argument, value) after (place, value)
_SETTERS = {"x86_64": (54, 72), "aarch64": (208, 25)}
_BUFFERS = (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF and what forces them: buffers are memory that no limit counts
_F_SETPIPE_SZ, _SOL_SOCKET = 1031, 1
_FAMILIES = (1, 2, 10, 16)  # UNIX, IPv4, IPv6, netlink: the namespaces confine these, but not a virtual machine's AF_VSOCK
_X32 = 0x40000000  # the other numbering of calls on x86_64
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF, on 32-bit words
_ARCHITECTURE, _CALL, _FIRST_ARGUMENT, _SECOND_ARGUMENT, _THIRD_ARGUMENT = 4, 0, 16, 24, 32  # places in struct seccomp_data
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000


def refuse_calls() -> None:
    """Refuse, from now on and in all that is started, system calls that would get round the box.

    They would hide memory where no limit counts it, enlarge the buffers of sockets and pipes, make namespaces and so
    capabilities, look into other processes, or reach networks that a network namespace does not hold. Needs
    no_new_privileges() or CAP_SYS_ADMIN.
    """
    if platform.machine() not in _CALLS:
        raise OSError(errno.ENOSYS, f"the numbers of system calls on {platform.machine()} are not known here")
    architecture, socket, clone, clone3, refused = _CALLS[platform.machine()]
    program = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _REFUSE | errno.EPERM),
               (_LOAD, 0, 0, _CALL), (_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    for call in sorted((*refused.values(), *_CALLS_EVERYWHERE.values())):
        program += [(_EQUAL, 0, 1, call), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    program += [(_EQUAL, 0, 1, clone3), (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]  # its flags cannot be read; clone() stays
    setsockopt, fcntl = _SETTERS[platform.machine()]
    program += [(_EQUAL, 0, 3 + len(_BUFFERS) + 2, setsockopt), (_LOAD, 0, 0, _SECOND_ARGUMENT),
                (_EQUAL, 0, len(_BUFFERS) + 1, _SOL_SOCKET), (_LOAD, 0, 0, _THIRD_ARGUMENT)]
    program += [(_EQUAL, len(_BUFFERS) - at, 0, option) for at, option in enumerate(_BUFFERS)]
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    program += [(_EQUAL, 0, 4, fcntl), (_LOAD, 0, 0, _SECOND_ARGUMENT), (_EQUAL, 0, 1, _F_SETPIPE_SZ),
                (_RETURN, 0, 0, _REFUSE | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    program += [(_EQUAL, 0, 4, clone), (_LOAD, 0, 0, _FIRST_ARGUMENT), (_ANY_BIT, 0, 1, CLONE_NEWUSER),
                (_RETURN, 0, 0, _REFUSE | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    program += [(_EQUAL, 1, 0, socket), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, _FIRST_ARGUMENT)]
    program += [(_EQUAL, len(_FAMILIES) - at, 0, family) for at, family in enumerate(_FAMILIES)]
    program += [(_RETURN, 0, 0, _REFUSE | errno.EAFNOSUPPORT), (_RETURN, 0, 0, _ALLOW)]
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    instructions = ctypes.create_string_buffer(code)
    described = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(instructions)))
    _prctl("seccomp", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(described))
