using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Cli.Tests;

public sealed class BenchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Techniques_are_compared_on_one_picture()
    {
        CommandLine.Ended ended = await RunAsync("bench", "--techniques", "made", "--picture", TestData.Image("truth", "chelsea.png"), "--json");

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        JsonElement[] techniques = ended.Objects[1..];
        Assert.NotEmpty(ended.Objects[0].GetProperty("processor").GetString()!);
        Assert.Equal(Enumerable.Range(1, techniques.Length), techniques.Select(t => t.GetProperty("number").GetInt32()));

        // Known for this picture (see the README beside it); a network of noise is off by some hundredths.
        Assert.Equal(29.93, Psnr("kernel=bicubic"), 0.02);
        Assert.Equal(28.22, Psnr("--model realesr-general-x4v3"), 0.02);
        Assert.Equal(30.64, Psnr("--model waifu2x-cunet-scale2x"), 0.02);
        Assert.Equal(30.26, Psnr("--model sinsr-x4-compact"), 0.1);
        Assert.Equal(30.37, Psnr("--model resshift-x4-compact"), 0.1);
        Assert.All(techniques, t =>
        {
            Assert.InRange(t.GetProperty("ssim").GetDouble(), 0.5, 1);
            Assert.InRange(t.GetProperty("consistency").GetDouble(), 30, 70);
            Assert.InRange(t.GetProperty("peakBytes").GetInt64(), 10_000_000, long.MaxValue);
            Assert.True(t.GetProperty("seconds").GetDouble() > 0);
            Assert.Equal((424, 296), SizeOf(t.GetProperty("picture").GetString()!));
        });
        Assert.Equal((106, 74), SizeOf(_folder.At("made", "00-small.png")));
        Assert.Equal((7 * 132 - 4, (techniques.Length + 7) / 7 * 132 - 4), SizeOf(_folder.At("made", "sheet.png")));
        string[] table = await File.ReadAllLinesAsync(_folder.At("made", "table.md"));
        Assert.Equal(techniques.Length, table.Count(line => line.Contains("| `--", StringComparison.Ordinal)));
        Assert.Contains(table, line => line.StartsWith("| 2 | interpolation, bicubic | ", StringComparison.Ordinal) && line.Contains(" | 29.93 | ", StringComparison.Ordinal));

        double Psnr(string options)
            => Assert.Single(techniques, t => t.GetProperty("options").GetString()!.EndsWith(options, StringComparison.Ordinal)
                && t.GetProperty("options").GetString()!.Split("--stage").Length <= 2).GetProperty("psnr").GetDouble();
    }

    [Fact]
    public async Task Sections_that_are_named_are_measured_and_no_other()
    {
        CommandLine.Ended ended = await RunAsync("bench", "diffusion", "start-up", "--quick", "--json");

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        JsonElement[] figures = ended.Objects[1..];
        Assert.Equal(["start-up", "start-up"], figures[..2].Select(f => Name(f).Split(',')[0]));
        Assert.Equal(
            ["sinsr-x4-compact", "resshift-x4-compact", "latent-x2-compact"],
            figures[2..].Select(f => Name(f).Split(", ")[1]).Distinct());
        string[] notes = [.. figures[2..].Where(f => Name(f).StartsWith("program, ", StringComparison.Ordinal)).Select(f => f.GetProperty("note").GetString()!)];
        Assert.Collection(
            notes,
            note => Assert.Contains(" in 1 run of ", note, StringComparison.Ordinal),
            note => Assert.Contains(" in 4 runs of ", note, StringComparison.Ordinal),
            note => Assert.Contains(" in 4 runs of ", note, StringComparison.Ordinal));
        Assert.All(figures, f => Assert.True(f.GetProperty("value").GetDouble() > 0));

        static string Name(JsonElement figure) => figure.GetProperty("name").GetString()!;
    }

    [Fact]
    public async Task Engines_are_compared_on_the_networks_and_sizes_that_are_named()
    {
        CommandLine.Ended ended = await RunAsync(
            "bench", "--engines", "--model", "anime4k-cnn-2x-l-an", "sinsr-x4-compact", "--side", "16", "24", "--threads", "2", "--quick", "--json");

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        JsonElement[] lines = ended.Objects[1..];
        Assert.Equal(
            [("anime4k-cnn-2x-l-an", 16), ("anime4k-cnn-2x-l-an", 24), ("sinsr-x4-compact/unet", 16), ("sinsr-x4-compact/unet", 24)],
            lines.Select(l => (l.GetProperty("network").GetString()!, l.GetProperty("side").GetInt32())));
        Assert.All(lines, line =>
        {
            double theirs = line.GetProperty("onnxRuntime").GetDouble(), ours = line.GetProperty("native").GetDouble();
            Assert.Equal(2, line.GetProperty("threads").GetInt32());
            Assert.Equal(theirs / ours, line.GetProperty("ratio").GetDouble(), 1e-9);
            Assert.Equal(line.GetProperty("gflops").GetDouble() > 0, line.GetProperty("peakShare").GetDouble() > 0);
            Assert.InRange(line.GetProperty("difference").GetDouble(), 0, 1e-4);
        });

        // 17 kFLOP for each pixel of the picture, as its card says.
        Assert.Equal(0.016944e-3 * 24 * 24, lines[1].GetProperty("gflops").GetDouble() * lines[1].GetProperty("native").GetDouble() / 1e3, 1e-4);
    }

    [Theory]
    [InlineData("--picture needs --techniques", "--picture", "a.png")]
    [InlineData("--markdown needs --techniques", "--markdown")]
    [InlineData("--techniques goes without", "--techniques", "made", "--quick")]
    [InlineData("--techniques goes without", "memory", "--techniques", "made")]
    [InlineData("--engines goes without", "memory", "--engines")]
    [InlineData("--engines goes without", "--engines", "--techniques", "made")]
    [InlineData("--side needs --engines", "--side", "64")]
    [InlineData("--side takes numbers from 1", "--engines", "--side", "0")]
    [InlineData("There is no network 'none'", "--engines", "--model", "none")]
    [InlineData("'everything' not recognized", "everything")]
    public async Task What_would_have_no_effect_is_refused(string message, params string[] arguments)
    {
        CommandLine.Ended ended = await RunAsync(["bench", .. arguments]);

        Assert.Equal((1, ""), (ended.Code, ended.Output));
        Assert.Contains(message, ended.Errors, StringComparison.Ordinal);
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public async Task A_picture_that_is_too_small_to_be_reduced_is_refused()
    {
        _folder.Picture("cat.png");
        Assert.Equal(0, (await RunAsync("run", "cat.png", "--stage", "interpolation", "--width", "9", "--height", "3", "--name", "tiny")).Code);

        CommandLine.Ended ended = await RunAsync("bench", "--techniques", "made", "--picture", "tiny.png");

        Assert.Equal((1, ""), (ended.Code, ended.Output));
        Assert.Contains("9 x 3 pixels", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("[OptionInvalid]", ended.Errors, StringComparison.Ordinal);
    }

    /// <summary>It may take longer than others: it starts many processes.</summary>
    private async Task<CommandLine.Ended> RunAsync(params string[] arguments)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        using Process process = CommandLine.Start(_folder.Root, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return new CommandLine.Ended(process.ExitCode, await output, await errors);
    }

    /// <summary>As the header of a PNG file says.</summary>
    private static (int Width, int Height) SizeOf(string path)
    {
        byte[] head = File.ReadAllBytes(path)[..24];
        return (BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(20)));
    }
}
