"""Runs a command under a filter that answers ptrace(2) with EPERM, as containers may have it."""
import ctypes
import os
import platform
import struct
import sys

NUMBER = {"x86_64": 101, "aarch64": 117}[platform.machine()]
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
steps = [(LOAD, 0, 0, 0), (EQUAL, 0, 1, NUMBER), (RETURN, 0, 0, 0x00050001), (RETURN, 0, 0, 0x7FFF0000)]
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]


libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
assert libc.prctl(22, 2, ctypes.byref(Filter(len(steps), ctypes.addressof(program)))) == 0  # PR_SET_SECCOMP
os.execv(sys.argv[1], sys.argv[1:])
