using System.Diagnostics;
using System.Runtime.InteropServices;
using Upscale.Testing;

namespace Upscale.Inference.Tests;

public sealed class OnnxCaseTests(PoolFixture fixture) : IClassFixture<PoolFixture>
{
    public static TheoryData<string, string> Good => Cases(c => !c.MustRefuse && !c.IsBeyondCards);

    public static TheoryData<string, string> Refused => Cases(c => c.Name != "bad_memory_bomb" && (c.MustRefuse || c.IsBeyondCards));

    public static TheoryData<string, string> Bombs => Cases(c => c.Name == "bad_memory_bomb");

    [Theory]
    [MemberData(nameof(Good))]
    public async Task An_unknown_network_is_found_out_and_gives_the_expected_picture(string folder, string name)
    {
        OnnxCase test = Find(folder, name);
        ModelCard card = await fixture.Pool.DescribeAsync(test.Path, CancellationToken.None);

        Assert.Equal((int)test.Scale, card.Scale);
        Assert.Equal(test.Integer("channels", 3), card.Channels);
        Assert.Equal(test.Text("layout", "NCHW"), card.Format.Layout);
        Assert.Equal(test.Text("dtype", "float32"), card.Format.InputType);
        Assert.Equal(test.Text("dtype", "float32"), card.Format.OutputType);
        Assert.Equal(test.Text("range", "0..1") == "0..255" ? 255 : 1, card.Format.White);
        Assert.Equal(test.Text("color_order", "RGB") == "BGR", card.Format.Bgr);
        Assert.Equal(test.Integer("fixed_batch", 1), card.Format.Batch);
        Assert.Equal(test.Integer("border", 0), card.Border);
        Assert.Equal(test.Integer("multiple_of", 1), card.MultipleOf);
        Assert.Equal(test.Has("fixed_size") ? (test.Json.GetProperty("fixed_size")[0].GetInt32(), test.Json.GetProperty("fixed_size")[1].GetInt32()) : null, card.FixedSize);
        Assert.InRange(card.Halo, card.Border, 32);
        if (test.Has("image_output"))
            Assert.Equal(test.Text("image_output", ""), card.Format.Output);
        foreach (int size in test.Has("fails_for_size") ? test.Json.GetProperty("fails_for_size").EnumerateArray().Select(s => s.GetInt32()) : [])
            Assert.False(card.AcceptsSize(size, size));

        NpyFile inputs = test.Input, outputs = test.Output(card.Format.Output);
        bool planar = card.Format.Layout == "NCHW";
        double tolerance = card.Format.InputType switch { "float16" => 4e-3, "uint8" => 1.001 / 255, _ => 1e-5 };
        for (int i = 0; i < inputs.Shape[0]; i++)
        {
            using Tile input = Goldens.ToTile(inputs, i, planar, card.Format.Bgr, card.Format.White);
            using Tile expected = Goldens.ToTile(outputs, i, planar, card.Format.Bgr, card.Format.White);
            Assert.True(card.AcceptsSize(input.Width, input.Height));
            using Tile direct = await RunAsync(fixture.Pool, card, input, test);
            Assert.InRange(Goldens.LargestDifference(direct, expected), 0, tolerance);
            using Tile bound = await RunAsync(fixture.BindingPool, card, input, test);
            Assert.InRange(Goldens.LargestDifference(bound, expected), 0, tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_no_network_for_pictures_is_refused_with_file_and_reason(string folder, string name)
    {
        OnnxCase test = Find(folder, name);
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await fixture.Pool.DescribeAsync(test.Path, CancellationToken.None));
        Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
        Assert.StartsWith($"'{Path.GetFullPath(test.Path)}' ", error.Message, StringComparison.Ordinal);
        string reason = name switch
        {
            "bad_classifier" => "its outputs are no pictures: 'logits' (1 x 10)",
            "bad_custom_op" => "com.example.custom:EvilOp",
            "bad_external_absolute" => "only from the model's own folder",
            "bad_external_missing" => "'not_there.data', which is missing",
            "bad_external_outside" => "'../secret.data', which is outside",
            "bad_external_short" => "too short",
            "bad_ir_99" => "newer version of the ONNX format",
            "bad_nan_weights" => "not finite",
            "bad_opset_99" => "newer ONNX operator set",
            "bad_pickle" => "PyTorch checkpoint: export it to ONNX",
            "bad_string_input" => "takes no picture",
            "bad_text" => "Git LFS pointer",
            "bad_truncated" => "damaged, cut off",
            "bad_video_5d" => "five dimensions",
            "bad_zero_byte" => "is empty",
            "x1_5_resize" => "enlarges by 1.5",
            "x2_two_inputs_sigma" => "'sigma'",
            "x4_range_m1_1" => "values from -1 to 1",
            _ => "",
        };
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Bombs))]
    public void A_network_that_wants_hundreds_of_gigabytes_is_refused_and_the_process_lives(string folder, string name)
    {
        // The limit is for the machine's sake, should the one under test fail. Windows and macOS know no such limit.
        if (!OperatingSystem.IsLinux())
            return;
        OnnxCase test = Find(folder, name);
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("ulimit -v 12000000; exec \"$0\" exec \"$1\" \"$2\"");
        start.ArgumentList.Add(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet");
        start.ArgumentList.Add(typeof(OnnxCaseTests).Assembly.Location);
        start.ArgumentList.Add(test.Path);
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x20000000";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(3, process.ExitCode);
        Assert.StartsWith($"{UpscaleErrorId.ModelNotSupported}: '{test.Path}' needs too much memory", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_out_of_the_folder_is_not_followed()
    {
        OnnxCase test = OnnxCase.All.First(c => c.Name == "x2_external_data");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("upscale");
        try
        {
            string path = Path.Combine(folder.FullName, "x2_external_data.onnx"), data = path + ".data";
            File.Copy(test.Path, path);
            File.Copy(test.Path + ".data", data);
            ModelCard card = await fixture.Pool.DescribeAsync(path, CancellationToken.None);
            Assert.Equal(2, card.Scale);

            File.Delete(data);
            File.CreateSymbolicLink(data, test.Path + ".data");
            UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await fixture.Pool.DescribeAsync(path, CancellationToken.None));
            Assert.Contains("a link that leads out", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Networks_that_differ_in_their_data_file_only_are_different_networks()
    {
        OnnxCase test = OnnxCase.All.First(c => c.Name == "x2_external_data");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("upscale");
        try
        {
            string path = Path.Combine(folder.FullName, "x2_external_data.onnx");
            File.Copy(test.Path, path);
            byte[] data = File.ReadAllBytes(test.Path + ".data");
            data.AsSpan(0, 512).Clear();
            File.WriteAllBytes(path + ".data", data);
            using Tile input = Goldens.Picture(12, 12);
            using Tile one = await Goldens.RunAsync(fixture.Pool, await fixture.Pool.DescribeAsync(test.Path, CancellationToken.None), input);
            using Tile other = await Goldens.RunAsync(fixture.Pool, await fixture.Pool.DescribeAsync(path, CancellationToken.None), input);
            Assert.True(Goldens.LargestDifference(one, other) > 1e-4);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_file_cut_anywhere_is_refused_and_nothing_worse()
    {
        byte[] whole = File.ReadAllBytes(OnnxCase.All.First(c => c.Name == "x2_gray_y").Path);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("upscale");
        try
        {
            string path = Path.Combine(folder.FullName, "cut.onnx");
            Random random = new(7);
            for (int i = 0; i < 60; i++)
            {
                int length = random.Next(1, whole.Length);
                File.WriteAllBytes(path, whole[..length]);
                UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await fixture.Pool.DescribeAsync(path, CancellationToken.None));
                Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<Tile> RunAsync(IModelPool pool, ModelCard card, Tile input, OnnxCase test)
    {
        if (test.Text("degenerate", "") != "constant")
            return await Goldens.RunAsync(pool, card, input);

        // The black picture is right for this network and is never given out.
        await using IModelLease lease = await pool.LeaseAsync(card, CancellationToken.None);
        Tile output = Goldens.OutputFor(card, input);
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await lease.RunAsync(input, output, CancellationToken.None));
        Assert.Equal(UpscaleErrorId.OutputDegenerate, error.ErrorId);
        return output;
    }

    private static OnnxCase Find(string folder, string name) => OnnxCase.All.Single(c => c.Folder == folder && c.Name == name);

    private static TheoryData<string, string> Cases(Func<OnnxCase, bool> wanted)
    {
        TheoryData<string, string> data = [];
        foreach (OnnxCase test in OnnxCase.All.Where(wanted))
            data.Add(test.Folder, test.Name);
        return data;
    }
}
