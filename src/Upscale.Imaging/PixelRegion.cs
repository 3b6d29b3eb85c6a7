using System.Runtime.InteropServices;
using NetVips;

namespace Upscale.Imaging;

/// <summary>
/// Rows of an image in native memory. <see cref="Region.Fetch"/> makes a managed array for every call, and arrays of this size
/// pile up for long before they are collected. To be used on the thread that made it.
/// </summary>
internal sealed unsafe class PixelRegion : IDisposable
{
    private static readonly Lazy<nint> s_fetch = new(() => NativeLibrary.GetExport(NativeLibrary.Load(LibraryName, typeof(Image).Assembly, null), "vips_region_fetch"));

    private readonly Region _region;
    private readonly int _width;
    private nint _rows;

    public PixelRegion(Image image)
    {
        _region = Region.New(image);
        _width = image.Width;
        RowBytes = checked(image.Width * image.Bands * PixelLayout.BytesOf(image.Format));
    }

    /// <summary>Bytes of one row.</summary>
    public int RowBytes { get; }

    // The file that NetVips itself has loaded.
    private static string LibraryName => OperatingSystem.IsWindows() ? "libvips-42.dll" : OperatingSystem.IsMacOS() ? "libvips.42.dylib" : "libvips.so.42";

    /// <summary>Whole rows of interleaved samples, valid until the next call.</summary>
    /// <exception cref="VipsException">They cannot be decoded.</exception>
    public ReadOnlySpan<byte> Fetch(int top, int height)
    {
        Free();
        nuint length;
        _rows = ((delegate* unmanaged<nint, int, int, int, int, nuint*, nint>)s_fetch.Value)(_region.DangerousGetHandle(), 0, top, _width, height, &length);
        return _rows == 0 ? throw new VipsException("unable to fetch from region") : new ReadOnlySpan<byte>((void*)_rows, checked((int)length));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        _region.Dispose();
    }

    private void Free()
    {
        if (_rows != 0)
            NetVips.NetVips.Free(_rows);
        _rows = 0;
    }
}
