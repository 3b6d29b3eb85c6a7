using Upscale.Testing;

namespace Upscale.Inference.Tests;

public sealed class SessionPoolTests
{
    private static readonly ModelCatalog s_none = new([]);

    [Fact]
    public async Task A_hundred_requests_at_once_load_a_network_once()
    {
        using SessionPool pool = new();
        IModelPool models = On(pool);
        ModelCard card = await CardAsync(models, "x2_nchw_f32");
        int running = 0, most = 0;
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () =>
        {
            await using IModelLease lease = await models.LeaseAsync(card, CancellationToken.None);
            most = Math.Max(most, Interlocked.Increment(ref running));
            using Tile input = Goldens.Picture(8, 8, seed: i), output = Goldens.OutputFor(card, input);
            Assert.Equal(RunOutcome.Done, await lease.RunAsync(input, output, CancellationToken.None));
            Interlocked.Decrement(ref running);
        })));
        SessionInfo session = Assert.Single(pool.Sessions);
        Assert.Equal((1, 100L, 0, 0, 1), (session.Loads, session.Runs, session.Busy, session.Waiting, session.Slots));
        Assert.Equal(("x2_nchw_f32", "Cpu", "OnnxRuntime"), (session.Model, session.Device, session.Engine));
        Assert.Equal(1, most);
        Assert.True(session.RunTime > TimeSpan.Zero && session.MemoryBytes > 0);
    }

    [Fact]
    public async Task More_places_let_more_callers_in_and_results_stay_the_same()
    {
        using SessionPool pool = new(new SessionPoolOptions { CpuSlots = 3 });
        IModelPool models = On(pool);
        ModelCard card = await CardAsync(models, "x4_nchw_f32");
        List<IModelLease> leases = [];
        for (int i = 0; i < 3; i++)
            leases.Add(await models.LeaseAsync(card, CancellationToken.None));
        Assert.Equal(3, Assert.Single(pool.Sessions).Busy);

        using Tile input = Goldens.Picture(40, 40);
        Tile[] outputs = [.. leases.Select(_ => Goldens.OutputFor(card, input))];
        await Task.WhenAll(leases.Select((l, i) => l.RunAsync(input, outputs[i], CancellationToken.None).AsTask()));
        Assert.Equal(0, Goldens.LargestDifference(outputs[0], outputs[1]));
        Assert.Equal(0, Goldens.LargestDifference(outputs[0], outputs[2]));
        foreach (IModelLease lease in leases)
            await lease.DisposeAsync();
    }

    [Fact]
    public async Task Places_are_given_in_the_order_of_asking_and_a_cancelled_waiter_leaves_the_queue()
    {
        using SessionPool pool = new();
        IModelPool models = On(pool);
        ModelCard card = await CardAsync(models, "x2_nchw_f32");
        IModelLease first = await models.LeaseAsync(card, CancellationToken.None);
        using CancellationTokenSource cancel = new();
        List<int> order = [];
        List<Task> waiters = [];
        for (int i = 0; i < 8; i++)
        {
            int number = i;
            waiters.Add(Wait(number, number == 3 ? cancel.Token : CancellationToken.None));
            while (pool.Sessions.Single().Waiting != number + 1)
                await Task.Delay(1);
        }

        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiters[3]);
        await first.DisposeAsync();
        await Task.WhenAll(waiters.Where((_, i) => i != 3));
        Assert.Equal([0, 1, 2, 4, 5, 6, 7], order);
        Assert.Equal(0, Assert.Single(pool.Sessions).Busy);

        async Task Wait(int number, CancellationToken cancellationToken)
        {
            await using IModelLease lease = await models.LeaseAsync(card, cancellationToken);
            lock (order)
                order.Add(number);
        }
    }

    [Fact]
    public async Task A_failed_loading_fails_all_who_wait_and_is_tried_again_by_the_next()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("upscale");
        try
        {
            string path = Path.Combine(folder.FullName, "model.onnx");
            File.Copy(OnnxCase.All.First(c => c.Name == "bad_custom_op").Path, path);
            using SessionPool pool = new();
            IModelPool models = On(pool);
            ModelCard good = await CardAsync(models, "x2_nchw_f32");
            ModelCard card = good with { Path = path, Sha256 = ModelFile.Read(path, CancellationToken.None).Sha256 };
            Task[] all = [.. Enumerable.Range(0, 10).Select(_ => models.LeaseAsync(card, CancellationToken.None).AsTask())];
            foreach (Task lease in all)
                Assert.Equal(UpscaleErrorId.ModelNotSupported, (await Assert.ThrowsAsync<UpscaleException>(() => lease)).ErrorId);
            Assert.Empty(pool.Sessions);

            File.Copy(good.Path, path, overwrite: true);
            await using IModelLease later = await models.LeaseAsync(good with { Path = path }, CancellationToken.None);
            Assert.Single(pool.Sessions);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task One_who_stops_waiting_for_a_loading_does_not_disturb_the_others()
    {
        using SessionPool pool = new();
        IModelPool models = On(pool);
        ModelCard card = await CardAsync(models, "x2_nchw_f32");
        using CancellationTokenSource cancel = new();
        Task<IModelLease>[] all = [.. Enumerable.Range(0, 6).Select(i => models.LeaseAsync(card, i == 0 ? cancel.Token : CancellationToken.None).AsTask())];
        cancel.Cancel();
        bool[] served = await Task.WhenAll(all.Select(GiveBackAsync));
        Assert.All(served.Skip(1), Assert.True);
        Assert.Equal(1, Assert.Single(pool.Sessions).Loads);

        static async Task<bool> GiveBackAsync(Task<IModelLease> lease)
        {
            try
            {
                await (await lease).DisposeAsync();
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Idle_networks_make_room_the_longest_unused_first_and_lent_ones_stay()
    {
        using SessionPool measure = new();
        IModelPool models = On(measure);
        ModelCard a = await CardAsync(models, "x2_nchw_f32"), b = await CardAsync(models, "x3_nchw_f32"), c = await CardAsync(models, "x4_nchw_f32");
        foreach (ModelCard card in new[] { a, b, c })
            await TouchAsync(models, card);
        long all = measure.Sessions.Sum(s => s.MemoryBytes);

        using SessionPool pool = new(new SessionPoolOptions { MemoryBudget = all - 1 });
        models = On(pool);
        await TouchAsync(models, a);
        await TouchAsync(models, b);
        await TouchAsync(models, a);
        Assert.Equal(["x2_nchw_f32", "x3_nchw_f32"], pool.Sessions.Select(s => s.Model));
        await TouchAsync(models, c);
        Assert.Equal(["x4_nchw_f32", "x2_nchw_f32"], pool.Sessions.Select(s => s.Model));

        await using (await models.LeaseAsync(a, CancellationToken.None))
        {
            await TouchAsync(models, c);
            await TouchAsync(models, b);
            Assert.Equal(["x2_nchw_f32", "x3_nchw_f32"], pool.Sessions.Select(s => s.Model).Order());
        }

        Assert.Equal(2, pool.Sessions.Single(s => s.Model == "x3_nchw_f32").Loads);
    }

    [Fact]
    public async Task An_idle_component_is_gone_before_the_one_that_needs_its_room_is_loaded()
    {
        using SessionPool measure = new();
        ModelCard card = await On(measure).DescribeAsync(TinyModel.Folder("sd-img2img"), CancellationToken.None);
        foreach (ModelComponent component in card.Components)
            await TouchAsync(On(measure), card, component.Name);
        Dictionary<string, long> bytes = measure.Sessions.ToDictionary(s => s.Model, s => s.MemoryBytes);
        Assert.Equal(card.Components.Sum(c => c.Parameters * sizeof(float)), bytes.Values.Sum());

        // Room for the UNet alone, or for both halves of the autoencoder.
        long budget = Math.Max(bytes["sd-img2img/unet"], bytes["sd-img2img/vae_encoder"] + bytes["sd-img2img/vae_decoder"]);
        using SessionPool pool = new(new SessionPoolOptions { MemoryBudget = budget });
        IModelPool models = On(pool);
        await TouchAsync(models, card, "text_encoder");
        Assert.Equal(["sd-img2img/text_encoder"], pool.Sessions.Select(s => s.Model));

        await using (await models.LeaseAsync(card, "unet", CancellationToken.None))
            Assert.Equal(["sd-img2img/unet"], pool.Sessions.Select(s => s.Model));
        foreach (string component in new[] { "vae_decoder", "text_encoder", "unet", "vae_encoder", "vae_decoder" })
        {
            await TouchAsync(models, card, component);
            Assert.Equal($"sd-img2img/{component}", pool.Sessions[0].Model);
            Assert.True(pool.Sessions.Sum(s => s.MemoryBytes) <= budget);
        }

        Assert.Equal(["sd-img2img/vae_decoder", "sd-img2img/vae_encoder"], pool.Sessions.Select(s => s.Model));
    }

    [Fact]
    public async Task Room_is_made_before_a_network_is_loaded()
    {
        // A network that fails to load shows what was there at that moment: its operator does not exist.
        byte[] graph = OnnxBytes.Model(
            OnnxBytes.Input("x", OnnxBytes.F32, 1), OnnxBytes.Node("NoSuchOperator", ["x", "w"], ["y"]), OnnxBytes.Initializer(OnnxBytes.Floats("w", [25], new float[25])), OnnxBytes.Output("y", OnnxBytes.F32, 1));
        DirectoryInfo folder = Directory.CreateTempSubdirectory("upscale");
        try
        {
            string path = Path.Combine(folder.FullName, "unet.onnx");
            File.WriteAllBytes(path, graph);
            using SessionPool measure = new();
            ModelCard first = await CardAsync(On(measure), "x2_nchw_f32");
            await TouchAsync(On(measure), first);
            long bytes = measure.Sessions.Single().MemoryBytes;
            foreach ((long room, int left) in new[] { (bytes + 100, 1), (bytes + 99, 0) })
            {
                using SessionPool pool = new(new SessionPoolOptions { MemoryBudget = room });
                IModelPool models = On(pool);
                await TouchAsync(models, first);
                await Assert.ThrowsAsync<UpscaleException>(() => TouchAsync(models, first with { Path = path, Sha256 = ModelFile.Read(path, CancellationToken.None).Sha256 }));
                Assert.Equal(left, pool.Sessions.Count);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_component_in_use_stays_whatever_the_budget_says_and_goes_when_it_is_given_back()
    {
        using SessionPool pool = new(new SessionPoolOptions { MemoryBudget = 1 });
        IModelPool models = On(pool);
        ModelCard card = await models.DescribeAsync(TinyModel.Folder("sd-img2img"), CancellationToken.None);
        await using (await models.LeaseAsync(card, "unet", CancellationToken.None))
        {
            await TouchAsync(models, card, "vae_decoder");
            Assert.Equal(["sd-img2img/unet"], pool.Sessions.Select(s => s.Model));
        }

        Assert.Empty(pool.Sessions);
    }

    [Fact]
    public async Task Working_memory_of_runs_counts_for_the_budget()
    {
        using SessionPool pool = new(new SessionPoolOptions { MemoryBudget = 1_000_000 });
        IModelPool models = On(pool);
        ModelCard a = await CardAsync(models, "x2_nchw_f32"), b = await CardAsync(models, "x3_nchw_f32");
        a = a with { BytesPerPixel = 1000 };
        await TouchAsync(models, b);
        await TouchAsync(models, a);
        Assert.Equal(2, pool.Sessions.Count);
        using Tile input = Goldens.Picture(40, 40), output = await Goldens.RunAsync(models, a, input);
        Assert.DoesNotContain(pool.Sessions, s => s.Model == "x3_nchw_f32");
    }

    [Fact]
    public async Task Clearing_takes_idle_ones_at_once_and_busy_ones_when_they_come_back()
    {
        using SessionPool pool = new();
        IModelPool models = On(pool);
        ModelCard a = await CardAsync(models, "x2_nchw_f32"), b = await CardAsync(models, "x3_nchw_f32");
        await TouchAsync(models, a);
        IModelLease busy = await models.LeaseAsync(b, CancellationToken.None);
        Assert.Equal(0, pool.Clear("nothing"));
        Assert.Equal(1, pool.Clear("X2_NCHW_F32"));
        Assert.Equal(1, pool.Clear());
        Assert.Empty(pool.Sessions);

        using Tile input = Goldens.Picture(8, 8), output = Goldens.OutputFor(b, input);
        Assert.Equal(RunOutcome.Done, await busy.RunAsync(input, output, CancellationToken.None));
        await busy.DisposeAsync();
        await busy.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await busy.RunAsync(input, output, CancellationToken.None));
        await TouchAsync(models, b);
        Assert.Equal(2, Assert.Single(pool.Sessions).Loads);
    }

    [Fact]
    public async Task Too_large_is_a_value_and_the_next_smaller_tile_runs()
    {
        const string Native = "[ErrorCode:Fail] Non-zero status code returned while running Conv node. Name:'' Status Message: bfc_arena.cc:360 Failed to allocate memory for requested buffer of size 805306368";
        using SessionPool pool = new(new SessionPoolOptions
        {
            BeforeRun = t => t.Width > 32 ? new InvalidOperationException(Native) : t.Width > 24 ? new OutOfMemoryException() : null,
        });
        IModelPool models = On(pool);
        ModelCard card = await CardAsync(models, "x2_nchw_f32");
        await using IModelLease lease = await models.LeaseAsync(card, CancellationToken.None);
        foreach ((int size, RunOutcome expected) in new[] { (64, RunOutcome.TooLarge), (32, RunOutcome.TooLarge), (16, RunOutcome.Done) })
        {
            using Tile input = Goldens.Picture(size, size), output = Goldens.OutputFor(card, input);
            Assert.Equal(expected, await lease.RunAsync(input, output, CancellationToken.None));
        }
    }

    [Fact]
    public async Task Another_failure_of_a_run_is_an_error_with_the_network_and_the_device()
    {
        using SessionPool pool = new(new SessionPoolOptions { BeforeRun = _ => new InvalidOperationException("[ErrorCode:Fail] CUDA failure 700: an illegal memory access was encountered") });
        IModelPool models = On(pool);
        ModelCard card = await CardAsync(models, "x2_nchw_f32");
        await using IModelLease lease = await models.LeaseAsync(card, CancellationToken.None);
        using Tile input = Goldens.Picture(8, 8), output = Goldens.OutputFor(card, input);
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await lease.RunAsync(input, output, CancellationToken.None));
        Assert.Equal(UpscaleErrorId.ModelFailed, error.ErrorId);
        Assert.Equal("The network 'x2_nchw_f32' failed on Cpu: CUDA failure 700: an illegal memory access was encountered", error.Message);
    }

    [Fact]
    public async Task A_running_network_stops_when_asked_and_runs_again_afterwards()
    {
        using PoolFixture fixture = new();
        ModelCard card = await fixture.Pool.DescribeAsync("realesr-general-x4v3", CancellationToken.None);
        await using IModelLease lease = await fixture.Pool.LeaseAsync(card, CancellationToken.None);
        using Tile large = Goldens.Picture(512, 512), largeOutput = Goldens.OutputFor(card, large);
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(300));
        OperationCanceledException stopped = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await lease.RunAsync(large, largeOutput, cancel.Token));
        Assert.Equal(cancel.Token, stopped.CancellationToken);

        using Tile small = Goldens.Picture(16, 16), smallOutput = Goldens.OutputFor(card, small);
        Assert.Equal(RunOutcome.Done, await lease.RunAsync(small, smallOutput, CancellationToken.None));
    }

    [Fact]
    public async Task A_tile_of_the_wrong_size_is_refused_before_the_run()
    {
        using SessionPool pool = new();
        IModelPool models = On(pool);
        ModelCard card = await CardAsync(models, "x2_multiple_of_8");
        await using IModelLease lease = await models.LeaseAsync(card, CancellationToken.None);
        using Tile odd = Goldens.Picture(9, 16), right = Goldens.Picture(16, 16), output = new(31, 32, 3);
        await Assert.ThrowsAsync<ArgumentException>(async () => await lease.RunAsync(odd, output, CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await lease.RunAsync(right, output, CancellationToken.None));
    }

    [Fact]
    public async Task A_changed_file_is_not_run_under_its_old_card()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("upscale");
        try
        {
            string path = Path.Combine(folder.FullName, "net.onnx");
            File.Copy(OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path, path);
            using SessionPool pool = new();
            IModelPool models = On(pool);
            ModelCard card = await models.DescribeAsync(path, CancellationToken.None);
            File.Copy(OnnxCase.All.First(c => c.Name == "x2_bgr").Path, path, overwrite: true);
            UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await models.LeaseAsync(card, CancellationToken.None));
            Assert.Contains("was changed", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Tiles_that_were_too_large_are_remembered_for_each_network_and_device()
    {
        TileMemory memory = new();
        Assert.Null(memory.Limit("a"));
        Parallel.For(1, 1000, i => memory.TooLarge("a", i + 5000));
        memory.TooLarge("a", 90_000);
        Assert.Equal(2500, memory.Limit("a"));
        Assert.Null(memory.Limit("b"));
    }

    private static IModelPool On(SessionPool pool) => pool.On(pool.Devices.Resolve("Cpu"), s_none);

    private static async Task<ModelCard> CardAsync(IModelPool models, string name)
        => await models.DescribeAsync(OnnxCase.All.First(c => c.Name == name).Path, CancellationToken.None);

    private static async Task TouchAsync(IModelPool models, ModelCard card, string component)
    {
        await using IModelLease lease = await models.LeaseAsync(card, component, CancellationToken.None);
    }

    private static async Task TouchAsync(IModelPool models, ModelCard card)
    {
        await using IModelLease lease = await models.LeaseAsync(card, CancellationToken.None);
    }
}
