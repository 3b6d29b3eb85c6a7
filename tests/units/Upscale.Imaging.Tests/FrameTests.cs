using System.Buffers.Binary;
using System.Text.Json;
using NetVips;
using Upscale.Testing;

namespace Upscale.Imaging.Tests;

/// <summary>Frames of animations and pages of documents, from file to file.</summary>
public sealed class FrameTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Animations()
    {
        TheoryData<string, string> data = [];
        foreach (string folder in TestData.ReferenceFolders("badfiles"))
        {
            foreach (JsonElement entry in Entries(folder).Where(e => e.TryGetProperty("durations_ms", out _)))
            {
                string file = entry.GetProperty("file").GetString()!;
                if (!file.EndsWith(".png", StringComparison.Ordinal) && File.Exists(Path.Combine(folder, file)))
                    data.Add(folder, file);
            }
        }

        return data;
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Animations))]
    public async Task Frames_times_and_repetitions_are_read_as_recorded(string folder, string file)
    {
        JsonElement entry = Entries(folder).Single(e => e.GetProperty("file").GetString() == file);
        string path = Path.Combine(folder, file);
        (ImageHeader[] headers, Picture[] frames) = await ReadAllAsync(path);
        int[] delays = [.. entry.GetProperty("durations_ms").EnumerateArray().Select(d => d.GetInt32())];
        Assert.Equal(delays.Length, frames.Length);
        // GIF tells how often all frames are shown again; without that field, they are shown once.
        int loops = entry.GetProperty("loop") is { ValueKind: JsonValueKind.Number } loop ? loop.GetInt32() is var again and > 0 && file.EndsWith(".gif", StringComparison.Ordinal) ? again + 1 : loop.GetInt32() : 1;
        Assert.All(headers, h => Assert.Equal((delays.Length, loops), (h.Frames, h.Animation!.Loops)));
        // A time of 0 that stands nowhere is as long as viewers make it.
        Assert.All(headers.SelectMany(h => delays.Zip(h.Animation!.Delays)), d => Assert.True(d.First == d.Second || (d.First == 0 && d.Second == 100), $"{d.Second} ms, not {d.First}"));
        if (!entry.TryGetProperty("pixels", out JsonElement pixels))
            return;
        NpyFile golden = NpyFile.Read(Path.Combine(folder, pixels.GetString()!));
        double tolerance = (entry.GetProperty("pixels_tolerance").GetDouble() / 255) + 1e-6;
        for (int i = 0; i < frames.Length; i++)
        {
            CheckPixels(golden, i, frames[i], tolerance);
            await using ImageReader reader = ImageReader.Open(path, new ReadOptions { Frame = i });
            Assert.Equal(frames[i].Values, (await Picture.ReadAsync(reader)).Values);
        }
    }

    [Fact]
    public async Task Pages_of_different_size_and_kind_are_read_as_recorded()
    {
        string folder = TestData.ReferenceFolders("badfiles").First();
        JsonElement entry = Entries(folder).Single(e => e.GetProperty("file").GetString() == "multipage.tif");
        (ImageHeader[] headers, Picture[] pages) = await ReadAllAsync(Path.Combine(folder, "multipage.tif"));
        Assert.Equal(entry.GetProperty("sizes").EnumerateArray().Select(s => (s[0].GetInt32(), s[1].GetInt32())), headers.Select(h => (h.Width, h.Height)));
        Assert.Equal([(3, SampleDepth.Eight), (3, SampleDepth.Eight), (1, SampleDepth.Sixteen)], headers.Select(h => (h.Channels, h.Depth)));
        Assert.All(headers, h => Assert.Equal((3, null), (h.Frames, h.Animation)));
        string[] goldens = [entry.GetProperty("pixels").GetString()!, .. entry.GetProperty("page_pixels").EnumerateArray().Select(p => p.GetString()!)];
        foreach ((string golden, Picture page) in goldens.Zip(pages))
            CheckPixels(NpyFile.Read(Path.Combine(folder, golden)), null, page, 1e-6);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(true, 7)]
    public async Task A_webp_animation_without_loss_is_what_was_given_with_its_times(bool alpha, int loops)
    {
        // Times that libvips makes longer, and two frames of which the encoder makes one.
        int[] delays = [100, 10, 0, 33, 70_000, 5];
        Picture[] frames = [.. delays.Select((_, i) => Picture.Noise(31, 17, 3, alpha, 8, seed: i / 2 * 2 == 2 ? 2 : i))];
        await WriteAsync("a.webp", frames, new Animation(delays, loops), new EncodeOptions { Format = ImageFormats.WebP, Lossless = true });

        using Image image = LoadAll("a.webp");
        Assert.Equal((31, 17 * 5, loops), (image.Width, image.Height, (int)image.Get("loop")));
        Assert.Equal([100, 10, 33, 70_000, 5], (int[])image.Get("delay"));
        (_, Picture[] read) = await ReadAllAsync(_folder.File("a.webp"));
        Picture[] told = [.. frames.Where((_, i) => i != 3)];
        for (int i = 0; i < told.Length; i++)
            AssertSameWhereVisible(told[i], read[i]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_gif_animation_has_all_frames_times_and_repetitions_and_the_right_pixels(int loops)
    {
        int[] delays = [100, 0, 20, 70];
        // Few colours in each frame, others in every frame, moving over a transparent ground; the last two frames are the same.
        Picture[] frames = [.. delays.Select((_, i) => Picture.Make(40, 24, 3, true, (p, x, y) => Inside(x, y, Math.Min(i, 2)) ? p == 3 ? 1 : p == i % 3 ? 1 : 0.2f : 0))];
        IReadOnlyList<string> warnings = await WriteAsync("a.gif", frames, new Animation(delays, loops), new EncodeOptions { Format = ImageFormats.Gif });

        Assert.Single(warnings);
        using Image image = LoadAll("a.gif");
        Assert.Equal((40, 24 * 4, loops), (image.Width, image.Height, (int)image.Get("loop")));
        Assert.Equal(delays, (int[])image.Get("delay"));
        (_, Picture[] read) = await ReadAllAsync(_folder.File("a.gif"));
        for (int i = 0; i < 4; i++)
            AssertSameWhereVisible(frames[i], read[i]);

        static bool Inside(int x, int y, int at) => x >= 5 + (8 * at) && x < 15 + (8 * at) && y is >= 4 and < 20;
    }

    [Fact]
    public async Task Times_that_gif_does_not_hold_are_rounded_and_told()
    {
        Picture[] frames = [.. Enumerable.Range(0, 3).Select(i => Picture.Make(8, 8, 3, false, (_, _, _) => i / 2f))];
        IReadOnlyList<string> warnings = await WriteAsync("a.gif", frames, new Animation([33, 40, 10_000_000], 0), new EncodeOptions { Format = ImageFormats.Gif });
        Assert.Contains(warnings, w => w.Contains("hundredths", StringComparison.Ordinal));
        using Image image = LoadAll("a.gif");
        Assert.Equal([30, 40, 655_350], (int[])image.Get("delay"));
    }

    [Fact]
    public async Task Pages_of_different_size_kind_and_depth_come_out_as_they_went_in()
    {
        (Picture Picture, SampleDepth Depth)[] pages =
        [
            (Picture.Noise(40, 30, 3, true, 8), SampleDepth.Eight),
            (Picture.Noise(700, 900, 1, false, 16, seed: 2), SampleDepth.Sixteen),
            (Picture.Noise(5, 1, 3, false, 16, seed: 3), SampleDepth.Float),
            (Picture.Noise(1, 300, 1, true, 8, seed: 4), SampleDepth.Eight),
        ];
        await ImageWriter.WriteAsync(
            _folder.File("a.tif"), new EncodeOptions { Format = ImageFormats.Tiff, Software = "Test" }, [.. pages.Select(p => p.Picture.Shape)], null,
            pages.Select(p => new ImageFrame(p.Picture.Colours(), p.Picture.Alpha(), ImageMetadata.None) { Depth = p.Depth }).ToAsyncEnumerable(), default);

        (ImageHeader[] headers, Picture[] read) = await ReadAllAsync(_folder.File("a.tif"));
        Assert.Equal(pages.Select(p => p.Depth), headers.Select(h => h.Depth));
        foreach (((Picture picture, SampleDepth depth), Picture page) in pages.Zip(read))
            Assert.InRange(picture.MaxDifference(page), 0, depth == SampleDepth.Float ? 0 : 1e-6f);
        for (int i = 0; i < pages.Length; i++)
        {
            using Image page = Image.Tiffload(_folder.File("a.tif"), page: i);
            Assert.Equal((pages[i].Picture.Width, pages[i].Picture.Height, 4), (page.Width, page.Height, (int)page.Get("n-pages")));
        }

        Assert.Equal(["a.tif"], _folder.Names);
    }

    [Fact]
    public async Task Every_page_keeps_its_own_metadata()
    {
        string made = _folder.File("made.tif");
        await WriteAsync("made.tif", [Picture.Smooth(9, 9, 3, false), Picture.Smooth(8, 8, 3, false)], null, new EncodeOptions { Format = ImageFormats.Tiff });
        string folder = TestData.ReferenceFolders("badfiles").First();
        await using (ImageReader told = ImageReader.Open(Path.Combine(folder, "exif_orientation6_gps_xmp.jpg")))
        {
            Picture first = Picture.Smooth(9, 9, 3, false);
            Picture second = await Picture.ReadAsync(told);
            await ImageWriter.WriteAsync(
                made, new EncodeOptions { Format = ImageFormats.Tiff, Force = true }, [first.Shape, second.Shape], null,
                new[] { new ImageFrame(first.Colours(), null, ImageMetadata.None), new ImageFrame(second.Colours(), null, told.Metadata) }.ToAsyncEnumerable(), default);
        }

        List<ImageFrame> frames = [];
        await foreach (ImageReader reader in ImageReader.OpenFramesAsync(made))
        {
            Picture picture = await Picture.ReadAsync(reader);
            frames.Add(new ImageFrame(picture.Colours(), null, reader.Metadata));
        }

        await ImageWriter.WriteAsync(_folder.File("b.tif"), new EncodeOptions { Format = ImageFormats.Tiff }, [.. frames.Select(f => f.Colours.Shape)], null, frames.ToAsyncEnumerable(), default);
        foreach (string file in new[] { made, _folder.File("b.tif") })
        {
            using Image first = Image.Tiffload(file, page: 0);
            using Image second = Image.Tiffload(file, page: 1);
            Assert.False(first.Contains("xmp-data"));
            Assert.True(second.Contains("xmp-data"));
            await using ImageReader page = ImageReader.Open(file, new ReadOptions { Frame = 1 });
            await (await Picture.ReadAsync(page)).WriteAsync(_folder.File("page.jpg"), new EncodeOptions { Format = ImageFormats.Jpeg, Force = true }, page.Metadata);
            using Image jpeg = Image.NewFromFile(_folder.File("page.jpg"));
            Assert.Contains("TestMaker", (string)jpeg.Get("exif-ifd0-Make"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Smaller_copies_and_masks_in_a_tiff_file_are_no_pages()
    {
        await Picture.Smooth(700, 600, 3, false).WriteAsync(_folder.File("a.tif"), new EncodeOptions { Format = ImageFormats.Tiff, Pyramid = true });
        (_, Picture[] pages) = await ReadAllAsync(_folder.File("a.tif"));
        Assert.Equal((700, 600), (Assert.Single(pages).Width, pages[0].Height));
    }

    [Fact]
    public async Task Pages_become_an_animation_and_frames_become_pages_with_a_warning()
    {
        Picture[] pictures = [.. Enumerable.Range(0, 3).Select(i => Picture.Noise(12, 9, 3, false, 8, i))];
        Assert.Contains(await WriteAsync("a.webp", pictures, null, new EncodeOptions { Format = ImageFormats.WebP, Lossless = true }), w => w.Contains("a tenth of a second", StringComparison.Ordinal));
        Assert.Contains(await WriteAsync("a.tif", pictures, new Animation([1, 2, 3], 1), new EncodeOptions { Format = ImageFormats.Tiff }), w => w.Contains("times", StringComparison.Ordinal));
        foreach (string name in new[] { "a.webp", "a.tif" })
            Assert.Equal(pictures.SelectMany(p => p.Values), (await ReadAllAsync(_folder.File(name))).Pictures.SelectMany(p => p.Values));
        (ImageHeader[] headers, _) = await ReadAllAsync(_folder.File("a.webp"));
        Assert.Equal([100, 100, 100], headers[0].Animation!.Delays);
    }

    [Fact]
    public async Task A_frame_that_is_not_there_is_refused_with_the_number_that_there_are()
    {
        Picture[] pictures = [.. Enumerable.Range(0, 3).Select(i => Picture.Noise(12, 9, 3, false, 8, i))];
        await WriteAsync("a.webp", pictures, null, new EncodeOptions { Format = ImageFormats.WebP });
        await pictures[0].WriteAsync(_folder.File("b.png"));
        AssertRefused("a.webp", 3, "3 frames or pages, numbered 0 to 2");
        AssertRefused("b.png", 1, "1 frame or page, which is number 0");
        File.Copy(Path.Combine(TestData.ReferenceFolders("badfiles").First(), "multipage.tif"), _folder.File("c.tif"));
        AssertRefused("c.tif", 99, "numbered 0 to 2");

        void AssertRefused(string name, int frame, string message)
        {
            UpscaleException e = Assert.Throws<UpscaleException>(() => ImageReader.Open(_folder.File(name), new ReadOptions { Frame = frame }));
            Assert.Equal(UpscaleErrorId.OptionInvalid, e.ErrorId);
            Assert.Contains(message, e.Message, StringComparison.Ordinal);
            Assert.Contains(name, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task All_frames_together_count_for_the_limit_of_pixels()
    {
        Picture[] pictures = [.. Enumerable.Range(0, 3).Select(i => Picture.Noise(10, 10, 3, false, 8, i))];
        foreach (string name in new[] { "a.webp", "a.gif", "a.tif" })
        {
            await WriteAsync(name, pictures, null, new EncodeOptions { Format = ImageFormats.FromPath(name) });
            Assert.Equal(3, (await ReadAllAsync(_folder.File(name), new ReadOptions { MaxPixels = 300 })).Pictures.Length);
            UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => ReadAllAsync(_folder.File(name), new ReadOptions { MaxPixels = 299 }));
            Assert.Equal(UpscaleErrorId.ImageTooLarge, e.ErrorId);
            Assert.Contains(name, e.Message, StringComparison.Ordinal);
            await using ImageReader one = ImageReader.Open(_folder.File(name), new ReadOptions { Frame = 2, MaxPixels = 299 });
        }
    }

    [Theory]
    [InlineData(600, 600, 10_000)]
    [InlineData(1, 2000, 60_000)]
    public async Task Many_frames_in_few_bytes_are_refused_before_any_is_decoded(int width, int height, int frames)
    {
        File.WriteAllBytes(_folder.File("bomb.gif"), GifBomb(width, height, frames));
        UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => ReadAllAsync(_folder.File("bomb.gif")));
        Assert.True(e.ErrorId == UpscaleErrorId.ImageTooLarge, e.Message);
        Assert.Contains($"{frames} frames", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gif", 65_536, 3)]
    [InlineData("webp", 16_384, 3)]
    [InlineData("webp", 12_000, 9000)]
    public void Limits_are_those_of_one_frame_and_checked_before_work(string name, int height, int frames)
    {
        ImageFormat format = ImageFormats.FromName(name);
        EncodeOptions options = new() { Format = format };
        UpscaleException e = Assert.Throws<UpscaleException>(() => ImageWriter.CheckOptions(options, [.. Enumerable.Repeat(new ImageShape(8, height, 3), frames)]));
        Assert.Equal(UpscaleErrorId.ImageTooLarge, e.ErrorId);
        ImageWriter.CheckOptions(options, [.. Enumerable.Repeat(new ImageShape(8, format.MaxHeight, 3), 100)]);
    }

    [Theory]
    [InlineData("png", false, "one picture")]
    [InlineData("avif", false, "one picture")]
    [InlineData("gif", true, "one size")]
    [InlineData("webp", true, "one size")]
    public void What_a_format_does_not_hold_is_refused_before_work(string format, bool different, string message)
    {
        ImageShape shape = new(8, 9, 3);
        UpscaleException e = Assert.Throws<UpscaleException>(() => ImageWriter.CheckOptions(new EncodeOptions { Format = ImageFormats.FromName(format) }, [shape, different ? shape with { Width = 7 } : shape]));
        Assert.Equal(UpscaleErrorId.FormatNotSupported, e.ErrorId);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains("tiff", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pyramid_of_pages_is_refused()
        => Assert.Equal(
            UpscaleErrorId.OptionInvalid,
            Assert.Throws<UpscaleException>(() => ImageWriter.CheckOptions(new EncodeOptions { Format = ImageFormats.Tiff, Pyramid = true }, [new ImageShape(8, 8, 3), new ImageShape(8, 8, 3)])).ErrorId);

    [Theory]
    [InlineData("a.webp", 1)]
    [InlineData("a.gif", 2)]
    [InlineData("a.tif", 1)]
    [InlineData("a.tif", 2)]
    public async Task A_failure_in_any_frame_leaves_nothing_behind(string name, int bad)
    {
        long before = FloatBuffer.Outstanding;
        Picture picture = Picture.Smooth(200, 300, 3, false);
        List<PictureSource> sources = [];
        async IAsyncEnumerable<ImageFrame> Frames()
        {
            for (int i = 0; i < 3; i++)
            {
                await Task.Yield();
                PictureSource source = new(picture, 0, 3, 16) { BeforeStrip = (top, _) => i == bad && top > 100 ? throw new UpscaleException(UpscaleErrorId.StageFailed, "no more") : Task.CompletedTask };
                sources.Add(source);
                yield return new ImageFrame(source, null, ImageMetadata.None);
            }
        }

        UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => ImageWriter.WriteAsync(
            _folder.File(name), new EncodeOptions { Format = ImageFormats.FromPath(name) }, [picture.Shape, picture.Shape, picture.Shape], null, Frames(), default));
        Assert.Equal("no more", e.Message);
        Assert.Empty(_folder.Names);
        Assert.All(sources, s => Assert.True(s.Disposed));
        Assert.Equal((bad + 1, before), (sources.Count, FloatBuffer.Outstanding));
    }

    [Fact]
    public async Task Fewer_frames_than_promised_or_others_are_an_error()
    {
        Picture picture = Picture.Smooth(20, 30, 3, false);
        foreach (string name in new[] { "a.webp", "a.tif" })
        {
            foreach (ImageShape second in new[] { picture.Shape with { Height = 31 }, picture.Shape })
            {
                await Assert.ThrowsAsync<ArgumentException>(() => ImageWriter.WriteAsync(
                    _folder.File(name), new EncodeOptions { Format = ImageFormats.FromPath(name) }, [picture.Shape, picture.Shape, picture.Shape], null,
                    new[] { picture, Picture.Smooth(second.Width, second.Height, 3, false) }.Select(p => new ImageFrame(p.Colours(), null, ImageMetadata.None)).ToAsyncEnumerable(), default));
            }
        }

        Assert.Empty(_folder.Names);
    }

    [Theory]
    [InlineData("a.webp")]
    [InlineData("a.gif")]
    [InlineData("a.tif")]
    public async Task Reading_holds_a_few_strips_of_one_frame(string name)
    {
        Picture[] pictures = [.. Enumerable.Range(0, 6).Select(i => Picture.Noise(300, 400, 1, false, 4, i))];
        await WriteAsync(name, pictures, null, new EncodeOptions { Format = ImageFormats.FromPath(name) });
        long before = FloatBuffer.Outstanding;
        await foreach (ImageReader reader in ImageReader.OpenFramesAsync(_folder.File(name)))
        {
            // Of every frame one strip only: what follows comes at its right place nevertheless.
            using Strip? strip = await reader.Colours.ReadAsync(default);
            Assert.Equal(0, strip!.Top);
            Assert.InRange(FloatBuffer.Outstanding - before, 1, 4);
        }

        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Theory]
    [InlineData("a.gif", 0.95)]
    [InlineData("a.gif", 0.5)]
    [InlineData("a.webp", 0.8)]
    [InlineData("a.tif", 0.7)]
    public async Task What_is_there_of_a_truncated_animation_is_taken_when_told(string name, double part)
    {
        Picture[] pictures = [.. Enumerable.Range(0, 5).Select(i => Picture.Noise(60, 50, 3, false, 8, i))];
        await WriteAsync(name, pictures, null, new EncodeOptions { Format = ImageFormats.FromPath(name), Compression = name == "a.tif" ? "none" : null });
        byte[] whole = File.ReadAllBytes(_folder.File(name));
        File.WriteAllBytes(_folder.File(name), whole[..(int)(whole.Length * part)]);
        UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => ReadAllAsync(_folder.File(name)));
        Assert.Equal(UpscaleErrorId.ImageCorrupt, e.ErrorId);
        try
        {
            (ImageHeader[] headers, Picture[] read) = await ReadAllAsync(_folder.File(name), new ReadOptions { AllowTruncated = true });
            Assert.NotEmpty(read);
            Assert.All(headers, h => Assert.Equal((60, 50), (h.Width, h.Height)));
        }
        catch (UpscaleException refused)
        {
            // Formats that are decoded all or nothing.
            Assert.Equal(UpscaleErrorId.ImageCorrupt, refused.ErrorId);
        }
    }

    [Fact]
    public async Task An_animation_keeps_profile_exif_and_xmp_of_its_first_frame_in_webp()
    {
        await using ImageReader told = ImageReader.Open(Path.Combine(TestData.ReferenceFolders("badfiles").First(), "exif_orientation6_gps_xmp.jpg"));
        Picture[] pictures = [.. Enumerable.Range(0, 3).Select(i => Picture.Noise(16, 12, 3, false, 8, i))];
        await ImageWriter.WriteAsync(
            _folder.File("a.webp"), new EncodeOptions { Format = ImageFormats.WebP, Lossless = true }, [.. pictures.Select(p => p.Shape)], new Animation([7, 8, 9], 2),
            pictures.Select(p => new ImageFrame(p.Colours(), null, told.Metadata)).ToAsyncEnumerable(), default);
        using Image image = LoadAll("a.webp");
        Assert.Contains("TestMaker", (string)image.Get("exif-ifd0-Make"), StringComparison.Ordinal);
        Assert.True(image.Contains("xmp-data"));
        Assert.Equal([7, 8, 9], (int[])image.Get("delay"));
        Assert.Equal(pictures.SelectMany(p => p.Values), (await ReadAllAsync(_folder.File("a.webp"))).Pictures.SelectMany(p => p.Values));
    }

    /// <summary>A GIF file whose frames share their few bytes of pixels: each is one pixel large on a large canvas.</summary>
    private static byte[] GifBomb(int width, int height, int frames)
    {
        List<byte> bytes = [.. "GIF89a"u8, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
        BinaryPrimitives.WriteUInt16LittleEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes)[6..], (ushort)width);
        BinaryPrimitives.WriteUInt16LittleEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes)[8..], (ushort)height);
        for (int i = 0; i < frames; i++)
            bytes.AddRange([0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]);
        return [.. bytes, 0x3B];
    }

    private static void CheckPixels(NpyFile golden, int? frame, Picture picture, double tolerance)
    {
        int[] shape = frame is null ? golden.Shape : golden.Shape[1..];
        int bands = shape.Length == 2 ? 1 : shape[2];
        double max = golden.Type == "|u1" ? 255 : 65535;
        Assert.Equal((shape[1], shape[0]), (picture.Width, picture.Height));
        int start = (frame ?? 0) * picture.Width * picture.Height * bands;
        for (int i = 0; i < picture.Width * picture.Height; i++)
        {
            double wantedAlpha = bands == 4 ? golden.Values[start + (i * bands) + 3] / max : 1;
            Assert.Equal(wantedAlpha, picture.HasAlpha ? picture.Values[(picture.Channels * picture.Width * picture.Height) + i] : 1, tolerance);
            for (int c = 0; c < picture.Channels && wantedAlpha > 0; c++)
                Assert.Equal(golden.Values[start + (i * bands) + c] / max, picture.Values[(c * picture.Width * picture.Height) + i], tolerance);
        }
    }

    private static void AssertSameWhereVisible(Picture wanted, Picture read)
    {
        Assert.Equal((wanted.Width, wanted.Height, wanted.Channels, wanted.HasAlpha), (read.Width, read.Height, read.Channels, read.HasAlpha));
        for (int y = 0; y < wanted.Height; y++)
        {
            for (int x = 0; x < wanted.Width; x++)
            {
                bool visible = !wanted.HasAlpha || wanted[wanted.Channels, x, y] > 0;
                for (int p = visible ? 0 : wanted.Channels; p < wanted.Planes; p++)
                    Assert.Equal(wanted[p, x, y], read[p, x, y], 1e-6f);
            }
        }
    }

    private static async Task<(ImageHeader[] Headers, Picture[] Pictures)> ReadAllAsync(string path, ReadOptions? options = null)
    {
        List<ImageHeader> headers = [];
        List<Picture> pictures = [];
        await foreach (ImageReader reader in ImageReader.OpenFramesAsync(path, options))
        {
            headers.Add(reader.Header);
            pictures.Add(await Picture.ReadAsync(reader));
        }

        return ([.. headers], [.. pictures]);
    }

    private static JsonElement[] Entries(string folder)
        => [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "EXPECTED.json"))).RootElement.GetProperty("entries").EnumerateArray()];

    private Task<IReadOnlyList<string>> WriteAsync(string name, Picture[] pictures, Animation? animation, EncodeOptions options)
        => ImageWriter.WriteAsync(
            _folder.File(name), options, [.. pictures.Select(p => p.Shape)], animation,
            pictures.Select(p => new ImageFrame(p.Colours(), p.Alpha(), ImageMetadata.None)).ToAsyncEnumerable(), default);

    private Image LoadAll(string name) => Image.NewFromFile(_folder.File(name), access: Enums.Access.Sequential, kwargs: new VOption { { "n", -1 } });
}
