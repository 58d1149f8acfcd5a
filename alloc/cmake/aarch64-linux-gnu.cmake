# Cross-compiling for aarch64 on Debian, and running what comes out under qemu's user emulation.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER "") # the tests in C++ are left out
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
# Libraries of the cross compiler first, then those of Debian's arm64 packages (cmocka).
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64;-L;/usr/aarch64-linux-gnu;-E;LD_LIBRARY_PATH=/usr/aarch64-linux-gnu/lib:/usr/lib/aarch64-linux-gnu)
