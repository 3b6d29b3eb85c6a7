using System.Text;
using NetVips;
using Upscale.Imaging.Metadata;

namespace Upscale.Imaging.Tests;

public sealed class ImageWriterTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_existing_target_is_refused_before_any_work()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.File("a.png"), "precious");
        Picture picture = Picture.Smooth(20, 20, 3, false);
        PictureSource source = new(picture, 0, 3, 5) { BeforeStrip = (_, _) => throw new InvalidOperationException("was read") };
        UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => ImageWriter.WriteAsync(folder.File("a.png"), new EncodeOptions { Format = ImageFormats.Png }, source, null, ImageMetadata.None, default));
        Assert.Equal(UpscaleErrorId.TargetExists, e.ErrorId);
        Assert.Contains(folder.File("a.png"), e.Message, StringComparison.Ordinal);
        Assert.True(source.Disposed);
        Assert.Equal("precious", await File.ReadAllTextAsync(folder.File("a.png")));
        Assert.Throws<UpscaleException>(() => ImageWriter.CheckTarget(folder.File("a.png"), force: false));
        ImageWriter.CheckTarget(folder.File("a.png"), force: true);
    }

    [Fact]
    public async Task An_existing_target_is_replaced_when_forced()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.File("a.png"), "old");
        Picture picture = Picture.Noise(20, 20, 3, false, 8);
        await picture.WriteAsync(folder.File("a.png"), new EncodeOptions { Format = ImageFormats.Png, Force = true });
        Assert.Equal(picture.Values, (await Picture.ReadAsync(folder.File("a.png"))).Values);
        Assert.Equal(["a.png"], folder.Names);
    }

    [Fact]
    public async Task A_target_that_appears_during_the_work_is_not_replaced()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(20, 200, 3, false, 8);
        PictureSource source = new(picture, 0, 3, 10)
        {
            BeforeStrip = (top, ct) => top == 100 ? File.WriteAllTextAsync(folder.File("a.png"), "precious", ct) : Task.CompletedTask,
        };
        UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => ImageWriter.WriteAsync(folder.File("a.png"), new EncodeOptions { Format = ImageFormats.Png }, source, null, ImageMetadata.None, default));
        Assert.Equal(UpscaleErrorId.TargetExists, e.ErrorId);
        Assert.Equal("precious", await File.ReadAllTextAsync(folder.File("a.png")));
        Assert.Equal(["a.png"], folder.Names);
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("tiff")]
    [InlineData("webp")]
    [InlineData("gif")]
    public async Task A_source_that_fails_midway_leaves_nothing(string format)
    {
        using TemporaryFolder folder = new();
        long before = FloatBuffer.Outstanding;
        Picture picture = Picture.Noise(1000, 1200, 3, true, 8);
        UpscaleException failure = new(UpscaleErrorId.StageFailed, "on purpose");
        PictureSource colours = new(picture, 0, 3, 10) { BeforeStrip = (top, _) => top >= 900 ? throw failure : Task.CompletedTask };
        PictureSource alpha = new(picture, 3, 1, 33);
        Exception e = await Assert.ThrowsAsync<UpscaleException>(() => ImageWriter.WriteAsync(folder.File("a"), new EncodeOptions { Format = ImageFormats.FromName(format) }, colours, alpha, ImageMetadata.None, default).WaitAsync(s_patience));
        Assert.Same(failure, e);
        Assert.Empty(folder.Names);
        Assert.True(colours.Disposed && alpha.Disposed);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("tiff")]
    [InlineData("webp")]
    public async Task A_truncated_input_leaves_nothing(string format)
    {
        using TemporaryFolder folder = new();
        string path = folder.File($"in.{format}");
        await Picture.Noise(400, 900, 3, false, 8).WriteAsync(path);
        byte[] bytes = await File.ReadAllBytesAsync(path);
        await File.WriteAllBytesAsync(path, bytes[..(bytes.Length * 3 / 4)]);
        UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(async () =>
        {
            await using ImageReader reader = ImageReader.Open(path);
            await ImageWriter.WriteAsync(folder.File("out.png"), new EncodeOptions { Format = ImageFormats.Png }, reader.Colours, null, reader.Metadata, default).WaitAsync(s_patience);
        });
        Assert.Equal(UpscaleErrorId.ImageCorrupt, e.ErrorId);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Equal([$"in.{format}"], folder.Names);
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("tiff")]
    [InlineData("webp")]
    public async Task A_cancel_leaves_nothing(string format)
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource cancel = new();
        long before = FloatBuffer.Outstanding;
        PictureSource source = new(Picture.Noise(500, 3000, 3, false, 8), 0, 3, 10)
        {
            BeforeStrip = async (top, ct) =>
            {
                if (top < 2500)
                    return;
                await cancel.CancelAsync();
                await Task.Delay(Timeout.Infinite, ct);
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ImageWriter.WriteAsync(folder.File("a"), new EncodeOptions { Format = ImageFormats.FromName(format) }, source, null, ImageMetadata.None, cancel.Token).WaitAsync(s_patience));
        Assert.Empty(folder.Names);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Theory]
    [InlineData("png", false)]
    [InlineData("jpeg", false)]
    [InlineData("tiff", true)]
    public async Task A_disk_that_is_full_ends_the_work_though_the_source_would_wait(string format, bool seeks)
    {
        Picture picture = Picture.Noise(600, 4000, 3, false, 8);
        PictureSource source = new(picture, 0, 3, 10) { BeforeStrip = (top, ct) => top > 3500 ? Task.Delay(Timeout.Infinite, ct) : Task.CompletedTask };
        long room = 100_000;
        MemoryStream written = new();
        using TargetCustom target = new();
        target.OnWrite += (buffer, length) =>
        {
            room -= length;
            if (room < 0)
                return -1;
            written.Write(buffer, 0, length);
            return length;
        };
        if (seeks)
        {
            target.OnRead += (buffer, length) => written.Read(buffer, 0, length);
            target.OnSeek += written.Seek;
        }

        await using ImageFrame frame = new(source, null, ImageMetadata.None);
        await using IAsyncEnumerator<ImageFrame> one = new[] { frame }.ToAsyncEnumerable().GetAsyncEnumerator();
        FrameQueue frames = new(one, [source.Shape]);
        await frames.MoveNextAsync();
        await Assert.ThrowsAsync<VipsException>(() => ImageWriter.EncodeAsync(target, new EncodeOptions { Format = ImageFormats.FromName(format) }, frames, null, new MetadataParcel(), false, [], default).WaitAsync(s_patience));
    }

    [Theory]
    [InlineData("image[1].png")]
    [InlineData("a[Q=1].png")]
    [InlineData("תמונה 図 é.png")]
    [InlineData("100%d_%s.png")]
    [InlineData(" leading.png")]
    [InlineData("-rf.png")]
    [InlineData("noextension")]
    public async Task Odd_names_are_written_and_read(string name)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(9, 9, 3, false, 8);
        await picture.WriteAsync(folder.File(name), new EncodeOptions { Format = ImageFormats.Png });
        Assert.Equal([name], folder.Names);
        Assert.Equal(picture.Values, (await Picture.ReadAsync(folder.File(name))).Values);
    }

    [Fact]
    public async Task A_folder_with_brackets_holds_pictures()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.File("x[page=2]"));
        Picture picture = Picture.Noise(9, 9, 3, false, 8);
        string path = Path.Combine(folder.File("x[page=2]"), "a.png");
        await picture.WriteAsync(path);
        Assert.Equal(picture.Values, (await Picture.ReadAsync(path)).Values);
    }

    [Theory]
    [InlineData('n', 251)]
    [InlineData('ש', 125)]
    public async Task The_longest_names_are_written(char letter, int count)
    {
        using TemporaryFolder folder = new();
        string name = new string(letter, count) + ".png";
        Assert.InRange(Encoding.UTF8.GetByteCount(name), 250, 255);
        await Picture.Smooth(9, 9, 3, false).WriteAsync(folder.File(name));
        Assert.Equal([name], folder.Names);
    }

    [Fact]
    public void Targets_that_cannot_be_written_are_refused_before_any_work()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.File("folder.png"));
        foreach (string path in new[] { folder.File("folder.png"), Path.Combine(folder.Path, "missing", "a.png"), folder.File(new string('n', 256) + ".png") })
        {
            UpscaleException e = Assert.Throws<UpscaleException>(() => ImageWriter.CheckTarget(path, force: true));
            Assert.Equal(UpscaleErrorId.FileWriteFailed, e.ErrorId);
            Assert.Contains(path, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Options_out_of_range_are_refused()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Smooth(9, 9, 3, false);
        foreach (EncodeOptions options in new EncodeOptions[] { new() { Format = ImageFormats.Jpeg, Quality = 0 }, new() { Format = ImageFormats.Jpeg, Quality = 101 }, new() { Format = ImageFormats.Png, Depth = (SampleDepth)12 } })
            Assert.Equal(UpscaleErrorId.OptionInvalid, (await Assert.ThrowsAsync<UpscaleException>(() => picture.WriteAsync(folder.File("a"), options))).ErrorId);
        Picture wide = Picture.Make(16_384, 1, 1, false, (_, _, _) => 0);
        Assert.Equal(UpscaleErrorId.ImageTooLarge, (await Assert.ThrowsAsync<UpscaleException>(() => wide.WriteAsync(folder.File("a"), new EncodeOptions { Format = ImageFormats.WebP }))).ErrorId);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public async Task Quality_matters()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(100, 100, 3, false, 8);
        foreach (ImageFormat format in new[] { ImageFormats.Jpeg, ImageFormats.WebP })
        {
            await picture.WriteAsync(folder.File($"{format}-30"), new EncodeOptions { Format = format, Quality = 30 });
            await picture.WriteAsync(folder.File($"{format}-95"), new EncodeOptions { Format = format });
            Assert.True(new FileInfo(folder.File($"{format}-30")).Length * 2 < new FileInfo(folder.File($"{format}-95")).Length);
        }
    }

    [Fact]
    public async Task Pictures_are_written_and_read_at_the_same_time()
    {
        using TemporaryFolder folder = new();
        await Parallel.ForEachAsync(Enumerable.Range(0, 16), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            Picture picture = Picture.Noise(150, 400, 3, true, 8, seed: i);
            await picture.WriteAsync(folder.File($"{i}.png"));
            Assert.Equal(picture.Values, (await Picture.ReadAsync(folder.File($"{i}.png"))).Values);
        });
    }

    [Fact]
    public async Task The_writer_does_not_run_ahead_of_the_saver_nor_hold_the_picture()
    {
        using TemporaryFolder folder = new();
        long before = FloatBuffer.Outstanding;
        long peak = 0;
        PictureSource source = new(Picture.Noise(300, 6000, 3, false, 8), 0, 3, 16)
        {
            BeforeStrip = (_, _) =>
            {
                peak = Math.Max(peak, FloatBuffer.Outstanding - before);
                return Task.CompletedTask;
            },
        };
        await ImageWriter.WriteAsync(folder.File("a.png"), new EncodeOptions { Format = ImageFormats.Png }, source, null, ImageMetadata.None, default);
        // One buffer of 128 rows may need nine strips of 16.
        Assert.InRange(peak, 1, 9);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }
}
