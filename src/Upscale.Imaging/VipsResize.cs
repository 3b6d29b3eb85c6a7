using NetVips;

namespace Upscale.Imaging;

/// <summary>libvips' own <c>resize</c> from file to file on float samples: what the resampler's speed is compared with.</summary>
public static class VipsResize
{
    /// <summary>Version of the loaded libvips.</summary>
    public static string LibraryVersion
    {
        get
        {
            VipsLibrary.EnsureLoaded();
            return string.Join('.', Enumerable.Range(0, 3).Select(part => NetVips.NetVips.Version(part)));
        }
    }

    /// <summary>Resizes a JPEG into a JPEG of the default quality.</summary>
    /// <param name="source">Path of the picture.</param>
    /// <param name="target">Path of the result; replaced when it is there.</param>
    /// <param name="kernel">A kernel that both libraries have, by its name here: nearest, bilinear, bicubic, mitchell, lanczos2, lanczos3.</param>
    /// <param name="scale">Factor of both sides, over 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kernel"/> is none of them.</exception>
    public static void Run(string source, string target, string kernel, double scale)
    {
        VipsLibrary.EnsureLoaded();
        Enums.Kernel filter = kernel switch
        {
            "nearest" => Enums.Kernel.Nearest,
            "bilinear" => Enums.Kernel.Linear,
            "bicubic" => Enums.Kernel.Cubic,
            "mitchell" => Enums.Kernel.Mitchell,
            "lanczos2" => Enums.Kernel.Lanczos2,
            "lanczos3" => Enums.Kernel.Lanczos3,
            _ => throw new ArgumentOutOfRangeException(nameof(kernel), kernel, "libvips has no such kernel."),
        };
        using Image input = Image.Jpegload(source, access: Enums.Access.Sequential);
        using Image samples = input.Cast(Enums.BandFormat.Float);
        using Image resized = samples.Resize(scale, filter);
        using Image result = resized.Cast(Enums.BandFormat.Uchar);
        result.Jpegsave(target, q: new EncodeOptions { Format = ImageFormats.Jpeg }.Quality);
    }
}
