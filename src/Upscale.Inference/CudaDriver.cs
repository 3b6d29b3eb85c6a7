using System.Runtime.InteropServices;
using System.Text;

namespace Upscale.Inference;

/// <summary>
/// Names and memory of the graphics cards as NVIDIA's driver tells them: ONNX Runtime's CUDA provider tells neither.
/// https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__DEVICE.html
/// </summary>
internal sealed unsafe class CudaDriver
{
    private CudaDriver(IReadOnlyList<(string Name, long MemoryBytes)> devices) => Devices = devices;

    /// <summary>One entry a card, in the order of the CUDA device numbers.</summary>
    public IReadOnlyList<(string Name, long MemoryBytes)> Devices { get; }

    /// <summary>Asks the driver.</summary>
    /// <returns>Null when there is no driver or it does not answer.</returns>
    public static CudaDriver? Query()
    {
        string library = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        if (!NativeLibrary.TryLoad(library, out nint handle))
            return null;

        // The library stays loaded: the CUDA provider uses it too, and a driver does not like to be unloaded.
        if (!NativeLibrary.TryGetExport(handle, "cuInit", out nint init)
            || !NativeLibrary.TryGetExport(handle, "cuDeviceGetCount", out nint getCount)
            || !NativeLibrary.TryGetExport(handle, "cuDeviceGet", out nint getDevice)
            || !NativeLibrary.TryGetExport(handle, "cuDeviceGetName", out nint getName)
            || !NativeLibrary.TryGetExport(handle, "cuDeviceTotalMem_v2", out nint getMemory))
        {
            return null;
        }

        int count;
        if (((delegate* unmanaged<uint, int>)init)(0) != 0 || ((delegate* unmanaged<int*, int>)getCount)(&count) != 0)
            return null;
        List<(string, long)> devices = [];
        Span<byte> name = stackalloc byte[256];
        for (int i = 0; i < count; i++)
        {
            int device;
            nuint bytes;
            name.Clear();
            fixed (byte* pointer = name)
            {
                if (((delegate* unmanaged<int*, int, int>)getDevice)(&device, i) != 0
                    || ((delegate* unmanaged<byte*, int, int, int>)getName)(pointer, name.Length - 1, device) != 0
                    || ((delegate* unmanaged<nuint*, int, int>)getMemory)(&bytes, device) != 0)
                {
                    return null;
                }
            }

            devices.Add((Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]), (long)bytes));
        }

        return new CudaDriver(devices);
    }
}
