using Upscale.Kernels;
using Upscale.Testing;

namespace Upscale.Inference.Tests;

/// <summary>A network is tried once on a machine, and what was found is remembered.</summary>
public sealed class EngineMemoryTests : IDisposable
{
    private const string Network = "realesr-animevideov3-x4";
    private static readonly ModelCatalog s_catalog = new([Path.Combine(TestData.Root, "models")]);
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string File => Path.Combine(_folder, "deep", "engines.json");

    [Fact]
    public async Task What_was_found_is_there_in_the_next_process()
    {
        using SessionPool pool = new();
        string engine = await RunAsync(pool, InferenceEngine.Auto, new EngineMemory(File));
        string hash = pool.ContentHash(s_catalog.Find(Network)!, default);
        EngineTimes times = new EngineMemory(File).Find(hash, Environment.ProcessorCount)!;
        Assert.True(times.Agree);
        Assert.Equal(times.NativeIsFaster ? "Native" : "OnnxRuntime", engine);
        Assert.InRange(times.Difference, 0, 1e-4);
        Assert.True(times is { OnnxRuntime: > 0, Native: > 0 });
        Assert.Null(new EngineMemory(File).Find(hash, Environment.ProcessorCount + 1));
    }

    [Theory]
    [InlineData(10, 20, "OnnxRuntime", "Native")]
    [InlineData(20, 10, "Native", "Native")]
    public async Task A_network_is_not_left_to_the_slower_engine_unless_that_is_asked_for(double theirs, double ours, string auto, string native)
    {
        EngineMemory memory = Remembering(new EngineTimes(theirs, ours, 1e-6));
        using SessionPool pool = new();
        Assert.Equal(auto, await RunAsync(pool, InferenceEngine.Auto, memory));
        Assert.Equal(native, await RunAsync(pool, InferenceEngine.Native, memory));
        Assert.Equal("OnnxRuntime", await RunAsync(pool, InferenceEngine.OnnxRuntime, memory));
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(double.NaN)]
    public async Task A_network_whose_result_was_wrong_is_left_to_the_runtime(double difference)
    {
        EngineMemory memory = Remembering(new EngineTimes(20, 10, difference));
        using SessionPool pool = new();
        Assert.Equal("OnnxRuntime", await RunAsync(pool, InferenceEngine.Auto, memory));
        Assert.Equal("OnnxRuntime", await RunAsync(pool, InferenceEngine.Native, memory));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[1, 2]")]
    [InlineData("{\"Program\": 3")]
    [InlineData("{\"Program\": \"another\", \"Networks\": {}}")]
    [InlineData("{\"Program\": \"another\", \"Networks\": {\"a\": null}}")]
    public void A_damaged_file_does_no_harm(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, text);
        EngineMemory memory = new(File);
        Assert.Null(memory.Find("a", 1));
        memory.Learn("a", 1, new EngineTimes(2, 1, 0));
        Assert.Equal(new EngineTimes(2, 1, 0), new EngineMemory(File).Find("a", 1));
    }

    [Fact]
    public void The_kernels_are_tuned_once_on_a_machine()
    {
        KernelTuning tuning = new EngineMemory(File).Tuning(2);
        Assert.Contains($"\"BlockBytes\":{tuning.BlockBytes}", System.IO.File.ReadAllText(File), StringComparison.Ordinal);
        System.IO.File.WriteAllText(File, System.IO.File.ReadAllText(File).Replace($"\"BlockBytes\":{tuning.BlockBytes}", "\"BlockBytes\":4711", StringComparison.Ordinal));
        Assert.Equal(new KernelTuning(tuning.Threads, 4711), new EngineMemory(File).Tuning(2));
        EngineMemory later = new(File);
        later.Learn("a", 2, new EngineTimes(2, 1, 0));
        Assert.Equal(4711, new EngineMemory(File).Tuning(2).BlockBytes);
    }

    [Fact]
    public void A_file_that_cannot_be_written_does_no_harm()
    {
        System.IO.File.WriteAllText(Path.Combine(_folder, "deep"), "a file where the folder should be");
        EngineMemory memory = new(File);
        memory.Learn("a", 1, new EngineTimes(2, 1, 0));
        Assert.Equal(new EngineTimes(2, 1, 0), memory.Find("a", 1));
        Assert.Null(new EngineMemory(File).Find("a", 1));
    }

    [Fact]
    public void What_another_process_learned_is_kept()
    {
        EngineMemory first = new(File), second = new(File);
        first.Learn("a", 1, new EngineTimes(2, 1, 0));
        second.Learn("b", 1, new EngineTimes(4, 3, 0));
        first.Learn("c", 1, new EngineTimes(6, 5, 0));
        EngineMemory later = new(File);
        Assert.All(["a", "b", "c"], network => Assert.NotNull(later.Find(network, 1)));
    }

    [Fact]
    public async Task A_trial_that_nobody_waits_for_is_given_up_and_made_when_the_network_is_asked_for_again()
    {
        using SessionPool pool = new();
        EngineMemory memory = new(null);
        IModelPool models = pool.On(pool.Devices.Resolve("Cpu"), s_catalog, engines: new EngineUse(InferenceEngine.Auto, memory));
        ModelCard card = await models.DescribeAsync("realesrgan-x4plus-anime", default);
        string hash = pool.ContentHash(card, default);
        using CancellationTokenSource stop = new();
        Task<IModelLease> waiting = models.LeaseAsync(card, stop.Token).AsTask();
        while (pool.Sessions.Count == 0)
            await Task.Delay(1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        while (pool.Sessions.Count > 0)
            await Task.Delay(1);
        Assert.Null(memory.Find(hash, Environment.ProcessorCount));
        await using IModelLease lease = await models.LeaseAsync(card, default);
        Assert.NotNull(memory.Find(hash, Environment.ProcessorCount));
    }

    private static EngineMemory Remembering(EngineTimes times)
    {
        EngineMemory memory = new(null);
        using SessionPool pool = new();
        memory.Learn(pool.ContentHash(s_catalog.Find(Network)!, default), Environment.ProcessorCount, times);
        return memory;
    }

    private static async Task<string> RunAsync(SessionPool pool, InferenceEngine engine, EngineMemory memory)
    {
        List<InferenceEngine> used = [];
        IModelPool models = pool.On(pool.Devices.Resolve("Cpu"), s_catalog, engines: new EngineUse(engine, memory, used.Add));
        ModelCard card = await models.DescribeAsync(Network, default);
        using Tile input = Goldens.Picture(24, 20), output = await Goldens.RunAsync(models, card, input);
        Assert.Equal(Assert.Single(used).ToString(), pool.Sessions[0].Engine);
        return pool.Sessions[0].Engine;
    }
}
