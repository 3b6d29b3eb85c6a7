using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

/// <summary>Plugins of others, good and bad ones, published and found as a user would have them.</summary>
public sealed class ThirdPartyTests : IAsyncLifetime
{
    private const int FaultyWidth = 48;

    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _plain = new(new UpscaleHome(TestData.Root), new SessionPool());
    private readonly UpscaleEngine _engine;

    public ThirdPartyTests() => _engine = _plain.With([PublishedPlugins.Folder], false);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _plain.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Listing_shows_them_and_only_what_is_used_is_loaded()
    {
        Assert.Empty(new[] { "toning", "turning", "faulty", "unmade" }.Except(_engine.Stages.Select(s => s.Id)));
        Assert.All(_engine.Plugins, p => Assert.False(p.Loaded));
        Assert.DoesNotContain("toning", _plain.Stages.Select(s => s.Id));

        await RunAsync(await WriteAsync("a.png"), "toning");
        Assert.Equal(["Toning"], _engine.Plugins.Where(p => p.Loaded).Select(p => p.Id));
    }

    [Fact]
    public async Task A_tile_stage_and_a_whole_picture_stage_work_together_each_with_its_version_of_one_library()
    {
        Picture picture = Picture.Sample(new ImageShape(300, 200, 3));
        UpscaleResult result = await RunAsync(await WriteAsync("a.tif", picture), "toning", "turning");

        Assert.Equal(
            ["Toning reads JSON with 12.0.3", "Turning reads JSON with 13.0.1"],
            result.Warnings.Select(w => w.Split('+')[0]));
        float[][] sepia = [[0.393f, 0.769f, 0.189f], [0.349f, 0.686f, 0.168f], [0.272f, 0.534f, 0.131f]];
        Picture expected = Picture.Make(picture.Shape, (c, y, x) => Enumerable.Range(0, 3).Sum(i => sepia[c][i] * picture[i, 199 - y, 299 - x]));
        Assert.InRange(await DifferenceAsync(result, expected), 0, 1e-5f);
    }

    [Theory]
    [InlineData("faulty:fault=create", UpscaleErrorId.StageFailed, "FaultException: cannot create")]
    [InlineData("faulty:fault=plan", UpscaleErrorId.StageFailed, "FaultException: cannot plan")]
    [InlineData("faulty:fault=connect", UpscaleErrorId.StageFailed, "FaultException: cannot connect")]
    [InlineData("faulty:fault=throw", UpscaleErrorId.StageFailed, "FaultException: half way")]
    [InlineData("faulty:fault=cancel", UpscaleErrorId.StageFailed, "a time-out of its own")]
    [InlineData("faulty:fault=size", UpscaleErrorId.StageFailed, "broke its promise: it gave 49x")]
    [InlineData("faulty:fault=short", UpscaleErrorId.StageFailed, "broke its promise: it ended at row")]
    [InlineData("faulty:fault=nan", UpscaleErrorId.OutputDegenerate, "column 5")]
    [InlineData("faulty:fault=missing", UpscaleErrorId.PluginNotLoaded, "needs Absent.dll")]
    [InlineData("faulty:fault=wait", UpscaleErrorId.TimeLimitExceeded, "more than 3 s")]
    [InlineData("faulty:fault=spin", UpscaleErrorId.TimeLimitExceeded, "more than 3 s")]
    public async Task A_fault_names_plugin_stage_and_picture_and_the_other_pictures_and_plugins_go_on(string stage, string id, string told)
    {
        string[] sources = [await WriteAsync("a.png", new ImageShape(30, 300, 3)), await WriteAsync("b.png"), await WriteAsync("c.png", new ImageShape(20, 300, 3))];
        await using var batch = new UpscaleBatch(_engine, 3, null, default);
        foreach (string source in sources)
        {
            var request = new UpscaleRequest
            {
                Source = source, Device = "Cpu", Destination = _folder.File("out"),

                // Long enough for the others on a machine that is busy; for them alone it would be a trap.
                StageTimeout = id == UpscaleErrorId.TimeLimitExceeded ? TimeSpan.FromSeconds(3) : null,
                Stages = [StageSpec.Parse("toning"), StageSpec.Parse(stage).With(("only", FaultyWidth)), StageSpec.Parse("interpolation:scale=2")],
            };
            try
            {
                batch.Add(await batch.PlanAsync(request));
            }
            catch (UpscaleException e)
            {
                batch.AddFailure(source, e);
            }
        }

        UpscaleOutcome[] outcomes = [await batch.NextAsync(), await batch.NextAsync(), await batch.NextAsync()];
        if (stage.EndsWith("create", StringComparison.Ordinal))
            outcomes = [outcomes[1]];
        else
            Assert.Equal([true, false, true], outcomes.Select(o => o.Result is not null));
        var error = Assert.IsType<UpscaleException>(outcomes.First(o => o.Error is not null).Error);
        Assert.Equal(id, error.ErrorId);
        Assert.StartsWith($"{sources[1]} cannot be made: the stage 'faulty' of the plugin 'Faulty' ", error.Message, StringComparison.Ordinal);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.Exists(_folder.File("out")) ? Directory.GetFiles(_folder.File("out"), "*b*") : []);
        Assert.NotNull((await RunAsync(sources[1], "faulty", "turning")).Path);
    }

    [Theory]
    [InlineData("faulty:fault=leak", "The stage 'faulty' of the plugin 'Faulty' forgot 1 buffers of 4000 bytes")]
    [InlineData("faulty:fault=end", "The stage 'faulty' of the plugin 'Faulty' failed in the end: FaultException: cannot end")]
    public async Task What_does_not_spoil_the_picture_is_a_warning(string stage, string told)
    {
        UpscaleResult result = await RunAsync(await WriteAsync("a.png"), "interpolation:scale=2", stage, "interpolation:scale=0.5");
        Assert.StartsWith(told, Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_types_of_other_plugins_are_out_of_reach()
    {
        UpscaleResult result = await RunAsync(await WriteAsync("a.png"), "toning", "turning", "gan:model=waifu2x-cunet-noise1", "faulty:fault=nosy");
        Assert.Equal("others: ", result.Warnings[^1]);
    }

    [Fact]
    public async Task A_factory_that_cannot_be_made_is_a_plugin_that_cannot_be_used()
    {
        var error = await Assert.ThrowsAsync<UpscaleException>(async () => await RunAsync(await WriteAsync("a.png"), "unmade"));
        Assert.Equal(UpscaleErrorId.PluginNotLoaded, error.ErrorId);
        Assert.Contains("the constructor of Faulty.UnmadeStageFactory failed: FaultException: no licence", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Faulty'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_contract_is_refused_with_both_versions_and_the_others_can_be_used()
    {
        CopyPlugin("Toning");
        string manifest = _folder.File("mine", "Toning", "plugin.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"contract\": 1", "\"contract\": 2", StringComparison.Ordinal));
        await using UpscaleEngine engine = _plain.With([_folder.File("mine"), PublishedPlugins.Folder], false);
        Assert.Contains("version 2 of the plugin contract and this is version 1", engine.Plugins.Single(p => p.Path == Path.GetDirectoryName(manifest)).Error, StringComparison.Ordinal);
        Assert.Equal(Path.Combine(PublishedPlugins.Folder, "Toning"), engine.Plugins.Single(p => p.Error is null && p.Id == "Toning").Path);
    }

    [Theory]
    [InlineData("toning", "turning")]
    [InlineData("faulty:fault=throw")]
    [InlineData("faulty:fault=size")]
    public async Task A_plugin_that_was_used_is_collected_when_it_is_let_go(params string[] stages)
    {
        string source = await WriteAsync("a.png");
        (WeakReference[] contexts, Exception? error) = await UseAsync(source, stages);
        for (int i = 0; contexts.Any(c => c.IsAlive) && i < 50; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(10);
        }

        Assert.Equal(stages.Length, contexts.Length);
        Assert.All(contexts, c => Assert.False(c.IsAlive));
        Assert.Equal(stages.Length == 1, error is not null);
    }

    [Fact]
    public async Task A_plugin_that_is_removed_is_gone_and_collected_and_one_that_comes_is_found()
    {
        await using UpscaleEngine engine = _plain.With([Directory.CreateDirectory(_folder.File("mine")).FullName], false);
        Assert.DoesNotContain("toning", engine.Stages.Select(s => s.Id));
        CopyPlugin("Toning");
        Assert.Contains("toning", engine.Stages.Select(s => s.Id));
        WeakReference context = await UseAsync(engine);
        Directory.Delete(_folder.File("mine", "Toning"), recursive: true);
        Assert.DoesNotContain("toning", engine.Stages.Select(s => s.Id));
        for (int i = 0; context.IsAlive && i < 50; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(10);
        }

        Assert.False(context.IsAlive);
    }

    [Fact]
    public async Task A_folder_that_is_itself_a_plugin_is_a_plugin_path()
    {
        await using UpscaleEngine engine = _plain.With([Path.Combine(PublishedPlugins.Folder, "Turning")], false);
        Assert.Contains("turning", engine.Stages.Select(s => s.Id));
        Assert.DoesNotContain("toning", engine.Stages.Select(s => s.Id));
    }

    [Fact]
    public void A_plugin_path_that_is_not_there_is_an_error()
        => Assert.Equal(UpscaleErrorId.FileNotFound, Assert.Throws<UpscaleException>(() => _plain.With([_folder.File("none")], false)).ErrorId);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> UseAsync(UpscaleEngine engine)
    {
        await RunAsync(engine, await WriteAsync("a.png"), "toning");
        return Assert.Single(Contexts("Toning"));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<(WeakReference[] Contexts, Exception? Error)> UseAsync(string source, string[] stages)
    {
        WeakReference[] before = Contexts("Toning", "Turning", "Faulty");
        await using UpscaleEngine engine = _plain.With([PublishedPlugins.Folder], false);
        Exception? error = await Record.ExceptionAsync(() => RunAsync(engine, source, stages));
        return ([.. Contexts("Toning", "Turning", "Faulty").Where(c => !before.Any(b => ReferenceEquals(b.Target, c.Target)))], error);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Contexts(params string[] assemblies)
        => [.. AssemblyLoadContext.All.Where(c => c.Assemblies.Any(a => assemblies.Contains(a.GetName().Name))).Select(c => new WeakReference(c))];

    private void CopyPlugin(string name)
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(PublishedPlugins.Folder, name)))
            File.Copy(file, _folder.File("mine", name, Path.GetFileName(file)));
    }

    private Task<UpscaleResult> RunAsync(string source, params string[] stages) => RunAsync(_engine, source, stages);

    private async Task<UpscaleResult> RunAsync(UpscaleEngine engine, string source, params string[] stages)
    {
        var request = new UpscaleRequest { Source = source, Device = "Cpu", Stages = [.. stages.Select(StageSpec.Parse)], Destination = _folder.File("made"), Existing = ExistingTarget.Replace };
        return await engine.RunAsync(await engine.PlanAsync(request, default), null, null, default);
    }

    private static async Task<float> DifferenceAsync(UpscaleResult result, Picture expected)
    {
        await using ImageReader reader = ImageReader.Open(result.Path);
        return (await Picture.ReadAsync(reader.Colours)).Difference(expected);
    }

    private Task<string> WriteAsync(string name, ImageShape? shape = null) => WriteAsync(name, Picture.Sample(shape ?? new ImageShape(FaultyWidth, 300, 3)));

    private async Task<string> WriteAsync(string name, Picture picture)
    {
        string path = _folder.File(name);
        var options = new EncodeOptions { Format = ImageFormats.FromPath(path) };
        if (options.Format == ImageFormats.Tiff)
            options = options with { Depth = SampleDepth.Float };
        await ImageWriter.WriteAsync(path, options, picture.Source(), null, ImageMetadata.None, default);
        return path;
    }
}
