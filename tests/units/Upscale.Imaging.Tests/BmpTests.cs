using CsCheck;

namespace Upscale.Imaging.Tests;

public sealed class BmpTests
{
    [Theory]
    [InlineData(24, false)]
    [InlineData(24, true)]
    [InlineData(32, false)]
    [InlineData(32, true)]
    public async Task Colours_of_any_width_come_in_right_side_up(int bits, bool topDown)
    {
        using TemporaryFolder folder = new();
        foreach (int width in new[] { 1, 2, 3, 4, 37 })
        {
            Picture picture = Picture.Noise(width, 23, 3, false, 8);
            File.WriteAllBytes(folder.File("a.bmp"), Make(width, topDown ? -23 : 23, bits, 0, [], [], (x, y) => Bytes(picture, x, y, bits / 8)));
            await using ImageReader reader = ImageReader.Open(folder.File("a.bmp"));
            Assert.Equal((ImageFormats.Bmp, 3, false, SampleDepth.Eight), (reader.Header.Format, reader.Header.Channels, reader.Header.HasAlpha, reader.Header.Depth));
            Assert.Empty(reader.Header.Warnings);
            Assert.Equal(0, picture.MaxDifference(await Picture.ReadAsync(reader)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task Palettes_are_resolved(int bits)
    {
        using TemporaryFolder folder = new();
        byte[][] palette = [.. Enumerable.Range(0, 1 << bits).Select(i => new byte[] { (byte)(i * 7), (byte)(255 - i), (byte)(i * 31), 0 })];
        int IndexAt(int x, int y) => ((x * 5) + (y * 3)) % palette.Length;
        byte[] file = Make(37, 23, bits, 0, [], [.. palette.SelectMany(p => p)], (x, y) => [(byte)IndexAt(x, y)]);
        File.WriteAllBytes(folder.File("a.bmp"), file);
        Picture picture = await Picture.ReadAsync(folder.File("a.bmp"));
        for (int y = 0; y < 23; y++)
        {
            for (int x = 0; x < 37; x++)
                Assert.Equal(palette[IndexAt(x, y)].Take(3), new[] { 2, 1, 0 }.Select(c => (byte)MathF.Round(picture[c, x, y] * 255)));
        }
    }

    [Theory]
    [InlineData(0x00FF0000u, 0x0000FF00u, 0x000000FFu, 0xFF000000u)]
    [InlineData(0x000000FFu, 0x0000FF00u, 0x00FF0000u, 0xFF000000u)]
    [InlineData(0xFF000000u, 0x00FF0000u, 0x0000FF00u, 0x000000FFu)]
    [InlineData(0xFF000000u, 0x00FF0000u, 0x0000FF00u, 0u)]
    public async Task Samples_are_where_the_masks_say(uint red, uint green, uint blue, uint alpha)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(21, 13, 3, alpha != 0, 8);
        uint[] masks = [red, green, blue, alpha];
        byte[] Pixel(int x, int y)
        {
            uint value = 0;
            for (int p = 0; p < picture.Planes; p++)
                value |= (uint)MathF.Round(picture[p, x, y] * 255) << System.Numerics.BitOperations.TrailingZeroCount(masks[p]);
            return BitConverter.GetBytes(value);
        }

        File.WriteAllBytes(folder.File("a.bmp"), Make(21, 13, 32, 3, masks, [], Pixel));
        Assert.Equal(0, picture.MaxDifference(await Picture.ReadAsync(folder.File("a.bmp"))));
    }

    [Fact]
    public async Task Resolution_is_kept_and_the_result_is_a_png_where_no_format_is_named()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("a.bmp"), Make(21, 13, 24, 0, [], [], (_, _) => [1, 2, 3], resolution: 11811));
        await using ImageReader reader = ImageReader.Open(folder.File("a.bmp"));
        await ImageWriter.WriteAsync(folder.File("a.png"), new EncodeOptions { Format = ImageFormats.Png }, reader.Colours, null, reader.Metadata, default);
        Assert.Equal(11811, Metadata.PngChunks.Read(folder.File("a.png")).Resolution!.Value.X);
        Assert.True(ImageFormats.HasPictureExtension("a.BMP"));
        Assert.False(ImageFormats.Bmp.CanWrite);
        Assert.Equal(UpscaleErrorId.FormatNotSupported, Assert.Throws<UpscaleException>(() => ImageFormats.FromName("bmp")).ErrorId);
    }

    [Fact]
    public async Task A_file_is_let_go_after_it_was_read()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("a.bmp"), Make(21, 13, 24, 0, [], [], (_, _) => [1, 2, 3]));
        for (int i = 0; i < 3; i++)
        {
            _ = await Picture.ReadAsync(folder.File("a.bmp"));
            await ImageReader.Open(folder.File("a.bmp")).DisposeAsync();
        }

        if (OperatingSystem.IsLinux())
            Assert.DoesNotContain(folder.File("a.bmp"), Directory.GetFiles("/proc/self/fd").Select(f => new FileInfo(f).LinkTarget));
    }

    [Theory]
    [InlineData(16, 0, 0)]
    [InlineData(8, 1, 0)]
    [InlineData(32, 3, 0x3FF)]
    public void What_is_not_read_is_named(int bits, int packing, int mask)
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("a.bmp"), Make(8, 8, bits, packing, [(uint)mask, 0xFF00, 0xFF0000, 0], new byte[1024], (_, _) => new byte[4]));
        UpscaleException e = Assert.Throws<UpscaleException>(() => ImageReader.Open(folder.File("a.bmp")));
        Assert.Equal(UpscaleErrorId.FormatNotSupported, e.ErrorId);
        Assert.Contains(folder.File("a.bmp"), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_headers_end_in_an_error_or_a_picture()
    {
        using TemporaryFolder folder = new();
        byte[] good = Make(8, 8, 8, 0, [], new byte[1024], (x, y) => [(byte)(x * y)]);
        string path = folder.File("a.bmp");
        Gen.Select(Gen.Int[2, 80], Gen.Byte, Gen.Int[2, 80], Gen.Byte, Gen.Int[0, good.Length]).Sample(
            (first, one, second, other, length) =>
            {
                byte[] bad = [.. good];
                bad[first] = one;
                bad[second] = other;
                File.WriteAllBytes(path, bad[..length]);
                try
                {
                    ImageReader reader = ImageReader.Open(path, new ReadOptions { MaxPixels = 1 << 20 });
                    _ = Picture.ReadAsync(reader).GetAwaiter().GetResult();
                    reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
                }
                catch (UpscaleException e)
                {
                    Assert.Contains(path, e.Message, StringComparison.Ordinal);
                }
            },
            iter: 2000,
            threads: 1);
    }

    /// <summary>A BMP file with the header of 108 bytes where it has masks, else of 40.</summary>
    [Fact]
    public void More_rows_than_any_picture_has_are_refused_before_a_table_is_made_for_them()
    {
        using TemporaryFolder folder = new();
        byte[] file = Make(1, 4, 24, 0, [], [], (_, _) => [1, 2, 3]);
        BitConverter.TryWriteBytes(file.AsSpan(22), (1 << 24) - 1);
        File.WriteAllBytes(folder.File("a.bmp"), file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        UpscaleException e = Assert.Throws<UpscaleException>(() => ImageReader.Open(folder.File("a.bmp"), new ReadOptions { AllowTruncated = true }));
        Assert.Equal(UpscaleErrorId.ImageCorrupt, e.ErrorId);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    internal static byte[] Make(int width, int height, int bits, int packing, uint[] masks, byte[] palette, Func<int, int, byte[]> pixel, int resolution = 0)
    {
        int header = masks.Length > 0 ? 108 : 40;
        int rows = Math.Abs(height);
        int rowBytes = ((width * bits) + 31) / 32 * 4;
        int pixelsAt = 14 + header + palette.Length;
        byte[] file = new byte[pixelsAt + (rowBytes * rows)];
        using BinaryWriter writer = new(new MemoryStream(file));
        writer.Write("BM"u8);
        writer.Write(file.Length);
        writer.Write(0);
        writer.Write(pixelsAt);
        writer.Write(header);
        writer.Write(width);
        writer.Write(height);
        writer.Write((short)1);
        writer.Write((short)bits);
        writer.Write(packing);
        writer.Write(0);
        writer.Write(resolution);
        writer.Write(resolution);
        writer.Write(palette.Length / 4);
        writer.Write(0);
        foreach (uint mask in masks)
            writer.Write(mask);
        palette.CopyTo(file, 14 + header);
        for (int y = 0; y < rows; y++)
        {
            int row = pixelsAt + (rowBytes * (height < 0 ? y : rows - 1 - y));
            for (int x = 0; x < width; x++)
            {
                byte[] value = pixel(x, y);
                if (bits >= 8)
                    value.AsSpan(0, Math.Min(value.Length, bits / 8)).CopyTo(file.AsSpan(row + (x * bits / 8)));
                else
                    file[row + (x * bits / 8)] |= (byte)(value[0] << (8 - bits - (x * bits % 8)));
            }
        }

        return file;
    }

    private static byte[] Bytes(Picture picture, int x, int y, int bytes)
        => [.. new[] { 2, 1, 0 }.Select(c => (byte)MathF.Round(picture[c, x, y] * 255)), .. Enumerable.Repeat((byte)99, bytes - 3)];
}
