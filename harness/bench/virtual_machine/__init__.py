"""An emulated machine that counts instructions, with another kernel than this one."""
