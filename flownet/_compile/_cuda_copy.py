"""Bytes between the host and a device, without an array made for a part of another one."""

from ._cuda import SIMULATED, cuda

if SIMULATED:

    def upload(array, there, stream):
        """Begin to copy a flat host array to the beginning of one of the device."""
        there[: array.size] = array

    def download(there, array, stream):
        """Begin to copy the beginning of a flat array of the device to one of the host."""
        array[:] = there[: array.size].copy_to_host()

else:

    def upload(array, there, stream):
        """Begin to copy a flat host array to the beginning of one of the device."""
        cuda.cudadrv.driver.host_to_device(there, array, array.nbytes, stream)

    def download(there, array, stream):
        """Begin to copy the beginning of a flat array of the device to one of the host."""
        cuda.cudadrv.driver.device_to_host(array, there, array.nbytes, stream)
