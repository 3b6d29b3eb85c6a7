using System.Text;
using Upscale.Testing;

namespace Upscale.Cli.Tests;

public sealed class FormatOptionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Depth_packing_and_metadata_are_as_told()
    {
        File.Copy(Path.Combine(BadFile.Folders.First(), "exif_orientation6_gps_xmp.jpg"), _folder.At("a.jpg"));

        Assert.Equal((0, ""), await RunAsync("a.jpg", "--format", "tiff", "--depth", "FLOAT", "--compression", "lzw", "--strip-metadata", "gps", "--quiet"));
        Assert.Equal((0, ""), await RunAsync("a.jpg", "--format", "tiff", "--pyramid", "--strip-metadata", "none", "--name", "pyramid", "--keep-physical-size", "--quiet"));
        Assert.Equal((0, ""), await RunAsync("a.jpg", "--strip-metadata", "all", "--subsampling", "off", "--quality", "50", "--name", "bare", "--quiet"));

        byte[] tiff = File.ReadAllBytes(_folder.At("a_2x.tif"));
        Assert.True(Contains(tiff, "TestMaker"));
        Assert.False(Contains(tiff, "GPS"));
        Assert.Equal(5, ShortOf(tiff, 259));
        Assert.Equal(3, ShortOf(tiff, 339));
        byte[] pyramid = File.ReadAllBytes(_folder.At("pyramid.tif"));
        Assert.Equal(256, ShortOf(pyramid, 322));
        Assert.Equal((72, 144), (WholeOf(tiff, 282), WholeOf(pyramid, 282)));
        byte[] bare = File.ReadAllBytes(_folder.At("bare.jpg"));
        Assert.False(Contains(bare, "TestMaker") || Contains(bare, "Upscale") || Contains(bare, "a comment"));
    }

    [Theory]
    [InlineData("--format jpeg --lossless", "webp")]
    [InlineData("--format png --compression lzw", "0, 1, 2")]
    [InlineData("--format png --depth float", "16")]
    [InlineData("--depth 12", "Float")]
    [InlineData("--background mauve", "#RRGGBB")]
    [InlineData("--alpha-mode 1", "resample, network")]
    [InlineData("--strip-metadata some", "none, gps, all")]
    [InlineData("--max-pixels 0", "at least 1")]
    public async Task What_cannot_be_is_refused_with_what_can_before_any_work(string options, string advice)
    {
        _folder.Picture("a.png");

        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, ["run", "a.png", "--stage", "interpolation", "--scale", "2", .. options.Split(' ')]);

        Assert.Equal(1, ended.Code);
        Assert.Contains(advice, ended.Errors, StringComparison.Ordinal);
        Assert.Equal(["a.png"], _folder.Files);
    }

    [Fact]
    public async Task A_truncated_picture_is_taken_when_told_and_a_large_one_refused_when_told()
    {
        _folder.Picture("a.png");
        byte[] whole = File.ReadAllBytes(_folder.At("a.png"));
        File.WriteAllBytes(_folder.At("a.png"), whole[..(whole.Length * 2 / 3)]);

        Assert.Equal(2, (await RunAsync("a.png")).Code);
        (int code, string errors) = await RunAsync("a.png", "--allow-truncated");
        Assert.Equal(0, code);
        Assert.Contains("damaged", errors, StringComparison.Ordinal);
        (code, errors) = await RunAsync("a.png", "--max-pixels", "100", "--existing", "replace");
        Assert.Equal(2, code);
        Assert.Contains("ImageTooLarge", errors, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Errors)> RunAsync(params string[] arguments)
    {
        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, ["run", "--stage", "interpolation", "--scale", "2", .. arguments]);
        return (ended.Code, ended.Errors);
    }

    private static bool Contains(byte[] file, string text) => file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) >= 0;

    /// <summary>The nearest whole number to the fraction in a field, found as by <see cref="ShortOf"/>.</summary>
    private static int WholeOf(byte[] file, int tag)
    {
        int at = BitConverter.ToInt32(file, EntryOf(file, tag) + 8);
        return (int)Math.Round((double)BitConverter.ToUInt32(file, at) / BitConverter.ToUInt32(file, at + 4));
    }

    /// <summary>The first value of a field in the first directory of a classic TIFF file with the least byte first.</summary>
    private static int ShortOf(byte[] file, int tag)
    {
        int entry = EntryOf(file, tag);
        return BitConverter.ToUInt16(file, BitConverter.ToInt32(file, entry + 4) == 1 ? entry + 8 : BitConverter.ToInt32(file, entry + 8));
    }

    private static int EntryOf(byte[] file, int tag)
    {
        int at = BitConverter.ToInt32(file, 4);
        return Enumerable.Range(0, BitConverter.ToUInt16(file, at)).Select(i => at + 2 + (12 * i)).Single(e => BitConverter.ToUInt16(file, e) == tag);
    }
}
