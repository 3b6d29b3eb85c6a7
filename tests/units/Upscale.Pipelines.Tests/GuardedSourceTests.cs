using Upscale.Pipelines.Running;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class GuardedSourceTests
{
    private static readonly StageOrigin s_origin = new("demo", "Demo", "/pictures/cat.png");

    private readonly Picture _picture = Picture.Sample(new ImageShape(10, 50, 3));
    private readonly FakeServices _services = new();

    [Theory]
    [InlineData(10, 60, 3)]
    [InlineData(12, 50, 3)]
    [InlineData(10, 50, 1)]
    [InlineData(10, 40, 3)]
    public async Task A_stage_that_gives_another_size_than_it_promised_is_named(int width, int height, int channels)
    {
        var stage = new FreeStage { Promised = new ImageShape(width, height, channels), Output = _ => _picture.Source(25) };
        AssertNamed(UpscaleErrorId.StageFailed, "broke its promise", await FaultAsync(stage));
    }

    [Fact]
    public async Task What_a_stage_throws_names_it_its_plugin_and_the_picture_and_an_expected_error_keeps_its_words()
    {
        AssertNamed(UpscaleErrorId.StageFailed, "InvalidOperationException: oops", await FaultAsync(Throwing(new InvalidOperationException("oops"))));
        AssertNamed(UpscaleErrorId.OutOfMemory, "memory", await FaultAsync(Throwing(new OutOfMemoryException())));
        UpscaleException expected = await FaultAsync(Throwing(new UpscaleException(UpscaleErrorId.ImageCorrupt, "cut off")));
        Assert.Equal((UpscaleErrorId.ImageCorrupt, "cut off"), (expected.ErrorId, expected.Message));

        FreeStage Throwing(Exception fault) => new() { Output = _ => new ArraySource(_picture, [5]) { Fault = (20, fault) } };
    }

    [Fact]
    public async Task An_error_holds_nothing_of_the_stage_in_memory()
        => Assert.Null((await FaultAsync(new FreeStage { Read = (_, _) => throw new InvalidOperationException("oops", new IOException()) })).InnerException);

    [Fact]
    public async Task A_stage_that_gives_up_by_itself_has_failed_and_was_not_cancelled()
        => AssertNamed(UpscaleErrorId.StageFailed, "TaskCanceledException", await FaultAsync(new FreeStage { Read = (_, _) => throw new TaskCanceledException() }));

    [Fact]
    public async Task What_is_missing_of_a_plugin_is_told_by_name()
        => AssertNamed(UpscaleErrorId.PluginNotLoaded, "Missing.dll", await FaultAsync(new FreeStage { Read = (_, _) => throw new FileNotFoundException(null, "Missing, Version=1.0.0.0, Culture=neutral") }));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public async Task A_value_that_is_no_number_is_told_with_its_place(float value)
    {
        foreach ((int channel, int row, int column) in new[] { (0, 0, 0), (1, 7, 3), (2, 49, 9) })
        {
            Picture bad = Picture.Make(_picture.Shape, (c, y, x) => (c, y, x) == (channel, row, column) ? value : 0.5f);
            AssertNamed(UpscaleErrorId.OutputDegenerate, $"channel {channel}, row {row}, column {column}", await FaultAsync(new FreeStage { Output = _ => bad.Source(6) }));
        }
    }

    [Fact]
    public async Task Large_finite_values_are_none_of_the_guards_business()
    {
        Picture extreme = Picture.Make(_picture.Shape, (c, y, x) => (c + y + x) % 2 == 0 ? float.MaxValue : float.MinValue);
        Picture result = await Picture.ReadAsync(await ConnectAsync(Guard(new FreeStage { Output = _ => extreme.Source(7) })));
        Assert.Equal(0, result.Difference(extreme));
    }

    [Fact]
    public async Task A_stage_that_stops_when_it_is_told_to_is_given_up_after_its_time()
    {
        var input = _picture.Source(5);
        var stage = new FreeStage
        {
            Read = async (_, token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return null;
            },
        };
        AssertNamed(UpscaleErrorId.TimeLimitExceeded, "0.05 s", await FaultAsync(stage, input, TimeSpan.FromMilliseconds(50)));
        Assert.True(input.Disposed);
        Assert.True(stage.Disposed);
    }

    [Fact]
    public async Task A_stage_that_does_not_stop_is_left_behind_and_cleaned_up_when_it_comes_back()
    {
        long before = FloatBuffer.Outstanding;
        using var comeBack = new ManualResetEventSlim();
        var input = _picture.Source(5);
        IStripSource? given = null;
        var stage = new FreeStage
        {
            Output = i => given = i,
            Read = (_, _) =>
            {
                comeBack.Wait();
                return ValueTask.FromResult<Strip?>(new Strip(10, 3, 0, 50));
            },
        };
        AssertNamed(UpscaleErrorId.TimeLimitExceeded, "given up", await FaultAsync(stage, input, TimeSpan.FromMilliseconds(50)));
        Assert.True(input.Disposed);
        Assert.False(stage.Disposed);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given!.ReadAsync(default).AsTask());

        comeBack.Set();
        await stage.End.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(stage.Disposed);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task A_stage_that_does_not_stop_does_not_stop_the_cancelling()
    {
        using var stop = new CancellationTokenSource();
        using var comeBack = new ManualResetEventSlim();
        var stage = new FreeStage
        {
            Read = (_, _) =>
            {
                stop.Cancel();
                comeBack.Wait();
                return ValueTask.FromResult<Strip?>(null);
            },
        };
        GuardedStage guarded = Guard(stage);
        await using (IStripSource output = await ConnectAsync(guarded))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => output.ReadAsync(stop.Token).AsTask());
        comeBack.Set();
    }

    [Fact]
    public async Task Waiting_for_the_input_is_not_the_stages_time()
    {
        var slow = new FreeStage
        {
            Read = async (input, token) =>
            {
                await Task.Delay(100, token);
                return await input.ReadAsync(token);
            },
        };
        IStripSource late = slow.Connect(_picture.Source(50));
        GuardedStage guarded = Guard(new FreeStage(), TimeSpan.FromMilliseconds(50));
        Assert.Equal(0, (await Picture.ReadAsync(await ConnectAsync(guarded, late))).Difference(_picture));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public async Task Buffers_that_a_stage_forgets_are_told_with_its_name(int forgotten, bool input)
    {
        var lost = new List<IDisposable>();
        var stage = new FreeStage
        {
            Read = async (source, token) =>
            {
                if (await source.ReadAsync(token) is not { } strip)
                    return null;
                for (int i = 0; i < forgotten && lost.Count == 0; i++)
                    lost.Add(new Tile(10, 10, 3));
                var copy = new Strip(strip.Width, strip.Channels, strip.Top, strip.Height);
                strip.Data.CopyTo(copy.Data);
                if (input && strip.Top == 0)
                    lost.Add(strip);
                else
                    strip.Dispose();
                return copy;
            },
        };
        GuardedStage guarded = Guard(stage);
        Picture result = await Picture.ReadAsync(await ConnectAsync(guarded, _picture.Source(5)));
        await guarded.DisposeAsync();

        Assert.Equal(0, result.Difference(_picture));
        if (forgotten == 0)
            Assert.Empty(_services.Warnings);
        else
            Assert.Equal("The stage 'demo' of the plugin 'Demo' forgot 2 buffers of 1800 bytes in all: that memory is lost until the program ends. Tell its author.", Assert.Single(_services.Warnings));
        lost.ForEach(l => l.Dispose());
    }

    [Fact]
    public async Task What_two_stages_in_a_row_give_back_is_counted_for_neither()
    {
        GuardedStage first = Guard(Enlarging());
        GuardedStage second = Guard(Enlarging());
        await Picture.ReadAsync(await ConnectAsync(second, await ConnectAsync(first, _picture.Source(5))));
        await first.DisposeAsync();
        await second.DisposeAsync();
        Assert.Empty(_services.Warnings);

        static FreeStage Enlarging() => new() { Promised = null, Output = input => new FakeSource(input, input.Shape) };
    }

    [Fact]
    public async Task What_fails_in_the_end_does_not_spoil_the_result()
    {
        GuardedStage guarded = Guard(new FreeStage { End = null! });
        Assert.Equal(0, (await Picture.ReadAsync(await ConnectAsync(guarded))).Difference(_picture));
        await guarded.DisposeAsync();
        Assert.Contains("'demo'", Assert.Single(_services.Warnings), StringComparison.Ordinal);
    }

    private GuardedStage Guard(IStage stage, TimeSpan? limit = null)
        => new(stage, new StageGuard(s_origin, limit, _services) { Grace = TimeSpan.FromMilliseconds(100) });

    private async Task<IStripSource> ConnectAsync(GuardedStage stage, IStripSource? input = null)
    {
        input ??= _picture.Source(5);
        await stage.PlanAsync(input.Shape, default);
        return stage.Connect(input);
    }

    private async Task<UpscaleException> FaultAsync(FreeStage stage, IStripSource? input = null, TimeSpan? limit = null)
    {
        GuardedStage guarded = Guard(stage, limit);
        IStripSource output = await ConnectAsync(guarded, input);
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => Picture.ReadAsync(output));
        await guarded.DisposeAsync();
        return error;
    }

    private static void AssertNamed(string id, string told, UpscaleException error)
    {
        Assert.Equal(id, error.ErrorId);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("/pictures/cat.png cannot be made: the stage 'demo' of the plugin 'Demo' ", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A stage that does what a test wants; its input is its output unless told otherwise.</summary>
    private sealed class FreeStage : IStage
    {
        public ImageShape? Promised { get; init; }

        public Func<IStripSource, IStripSource> Output { get; init; } = input => input;

        public Func<IStripSource, CancellationToken, ValueTask<Strip?>>? Read { get; init; }

        public TaskCompletionSource End { get; init; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Disposed { get; private set; }

        public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken) => ValueTask.FromResult(new StagePlan { Output = Promised ?? input });

        public IStripSource Connect(IStripSource input)
        {
            IStripSource output = Output(input);
            return Read is null ? output : new FreeSource(output, Read);
        }

        public ValueTask DisposeAsync()
        {
            Disposed = true;
            End.TrySetResult();
            return ValueTask.CompletedTask;
        }

        private sealed class FreeSource(IStripSource input, Func<IStripSource, CancellationToken, ValueTask<Strip?>> read) : IStripSource
        {
            public ImageShape Shape => input.Shape;

            public ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken) => read(input, cancellationToken);

            public ValueTask DisposeAsync() => input.DisposeAsync();
        }
    }
}
