using Upscale.Diffusion.Models;

namespace Upscale.Diffusion.Denoising;

/// <summary>
/// Asks a network about the latents of a whole picture: at once where they fit, else window by window, the answers fused by weight in every step, so that
/// there are no seams to hide afterwards.
/// </summary>
/// <param name="card">Of the model.</param>
/// <param name="unet">The network.</param>
/// <param name="services">What the engine offers.</param>
public sealed class Denoiser(ModelCard card, Unet unet, IStageServices services)
{
    /// <summary>Windows are not made smaller than this on their own account: what is seen in them makes no sense to the network.</summary>
    private const int SmallestWindow = 16;

    private bool _oneByOne;

    /// <summary>What the network is told beside latents and timestep.</summary>
    public required Guidance Guidance { get; init; }

    /// <summary>The windows over the latents.</summary>
    public required LatentWindows Windows { get; set; }

    /// <summary>Part of a window that it shares with its neighbour at least.</summary>
    public double Overlap { get; init; } = 0.5;

    /// <summary>Planes that the network sees behind the latents in every call, of their size; null for none.</summary>
    public Tile? Companion { get; init; }

    /// <summary>True where the sampler scales <see cref="Companion"/> as it does the latents.</summary>
    public bool ScalesCompanion { get; init; }

    private string MemoryKey => ITileMemory.Key(unet.Component.Sha256, services.Models.Device);

    /// <summary>What the sampler is to be told of the latents.</summary>
    /// <param name="latents">As they are now, not scaled.</param>
    /// <param name="preconditioning">Of the network.</param>
    /// <param name="call">Index in <see cref="IScheduler.Timesteps"/>.</param>
    /// <param name="answer">Of the size of the latents; receives the answer.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OutOfMemory"/>: even the smallest window is too large.</exception>
    public async Task AskAsync(Tile latents, IPreconditioning preconditioning, int call, Tile answer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(latents);
        ArgumentNullException.ThrowIfNull(preconditioning);
        ArgumentNullException.ThrowIfNull(answer);
        using Tile input = Compose(latents, preconditioning, call);
        IModelLease lease = await services.Models.LeaseAsync(card, unet.Component.Name, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            while (!await AskWindowsAsync(lease, input, preconditioning.Timestep(call), answer, cancellationToken).ConfigureAwait(false))
                Shrink(latents);
        }

        preconditioning.Finish(call, latents.Data.Span, answer.Data.Span);
    }

    private Tile Compose(Tile latents, IPreconditioning preconditioning, int call)
    {
        var input = new Tile(latents.Width, latents.Height, unet.InputChannels);
        Span<float> values = input.Data.Span;
        int own = latents.Data.Length;
        preconditioning.Scale(call, latents.Data.Span, values[..own]);
        if (Companion is not null)
        {
            Companion.Data.Span.CopyTo(values[own..]);
            if (ScalesCompanion)
                preconditioning.Scale(call, values[own..], values[own..]);
        }

        return input;
    }

    /// <returns>False when a window was too large; the answer is worth nothing then.</returns>
    private async Task<bool> AskWindowsAsync(IModelLease lease, Tile input, double timestep, Tile answer, CancellationToken cancellationToken)
    {
        (int width, int height) = (Windows.Width, Windows.Height);
        Guidance guidance = Guidance;
        int rows = guidance.IsUsed ? 2 : 1;
        using var sample = new FloatBuffer((long)Math.Max(rows, unet.FixedBatch ?? 1) * unet.InputChannels * width * height);
        using var said = new FloatBuffer((long)Math.Max(rows, unet.FixedBatch ?? 1) * unet.OutputChannels * width * height);
        float[]? weights = Windows.Count > 1 ? new float[input.Width * input.Height] : null;
        if (weights is not null)
            answer.Data.Span.Clear();
        foreach (int top in Windows.Rows)
        {
            foreach (int left in Windows.Columns)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Cut(input, left, top, sample.GetSpan(), rows);
                if (!await RunAsync(lease, sample, said, timestep, rows, cancellationToken).ConfigureAwait(false))
                    return false;
                if (guidance.IsUsed)
                    Guide(said.GetSpan(), guidance.Scale);
                Add(said.GetSpan(), answer, left, top, weights);
                services.ReportTiles(1);
            }
        }

        if (weights is not null)
            Divide(answer, weights);
        return true;
    }

    /// <summary>Puts a window's planes into each row of the batch.</summary>
    private void Cut(Tile input, int left, int top, Span<float> sample, int rows)
    {
        int size = input.Channels * Windows.Width * Windows.Height;
        int at = 0;
        for (int c = 0; c < input.Channels; c++)
        {
            for (int y = 0; y < Windows.Height; y++, at += Windows.Width)
                input.Row(c, top + y).Slice(left, Windows.Width).CopyTo(sample[at..]);
        }

        for (int row = 1; row < Math.Max(rows, unet.FixedBatch ?? 1); row++)
            sample[..size].CopyTo(sample[(row * size)..]);
    }

    /// <summary>One run for all rows where the graph and the memory allow it, else one for each.</summary>
    private async Task<bool> RunAsync(IModelLease lease, FloatBuffer sample, FloatBuffer said, double timestep, int rows, CancellationToken cancellationToken)
    {
        UnetConditions[] conditions = rows == 2 ? [Guidance.Negative!, Guidance.Prompt] : [Guidance.Prompt];
        int inputSize = unet.InputChannels * Windows.Width * Windows.Height, answerSize = unet.OutputChannels * Windows.Width * Windows.Height;
        int together = unet.FixedBatch ?? (rows == 2 && !_oneByOne && FitsTwice() ? 2 : 1);
        if (rows == 2 && together == 2)
        {
            if (await RunRowsAsync(lease, sample.Memory[..(2 * inputSize)], said.Memory[..(2 * answerSize)], timestep, conditions, cancellationToken).ConfigureAwait(false))
                return true;
            if (unet.FixedBatch is not null)
                return false;
            services.Log($"Two predictions at once are too large for {lease.Device}: one after the other from here on.");
            _oneByOne = true;
            together = 1;
        }

        for (int row = 0; row < rows; row++)
        {
            UnetConditions[] same = [.. Enumerable.Repeat(conditions[row], together)];

            // A graph of two rows and one question: the second row is a copy, and its answer is overwritten or not looked at.
            if (!await RunRowsAsync(lease, sample.Memory[..(together * inputSize)], said.Memory.Slice(row * answerSize, together * answerSize), timestep, same, cancellationToken).ConfigureAwait(false))
                return false;
        }

        return true;
    }

    private async Task<bool> RunRowsAsync(IModelLease lease, Memory<float> sample, Memory<float> said, double timestep, UnetConditions[] conditions, CancellationToken cancellationToken)
        => await unet.RunAsync(lease, sample, Windows.Width, Windows.Height, timestep, conditions, said, cancellationToken).ConfigureAwait(false) == RunOutcome.Done;

    private bool FitsTwice() => 2L * Windows.Width * Windows.Height * unet.Component.BytesPerPixel <= services.Models.TileBudget;

    private static void Guide(Span<float> said, double scale)
    {
        int size = said.Length / 2;
        Linear.Combine(said[..size], 1 - scale, said[..size], scale, said[size..(2 * size)]);
    }

    private void Add(ReadOnlySpan<float> said, Tile answer, int left, int top, float[]? weights)
    {
        // The x2 upscaler's network gives a plane more than the latents have; it is not used.
        int at = 0;
        for (int c = 0; c < answer.Channels; c++)
        {
            for (int y = 0; y < Windows.Height; y++, at += Windows.Width)
            {
                Span<float> target = answer.Row(c, top + y).Slice(left, Windows.Width);
                ReadOnlySpan<float> source = said.Slice(at, Windows.Width);
                if (weights is null)
                {
                    source.CopyTo(target);
                    continue;
                }

                for (int x = 0; x < target.Length; x++)
                    target[x] += source[x] * Windows.Weight(x, y);
            }
        }

        if (weights is null)
            return;
        for (int y = 0; y < Windows.Height; y++)
        {
            Span<float> row = weights.AsSpan(((top + y) * answer.Width) + left, Windows.Width);
            for (int x = 0; x < row.Length; x++)
                row[x] += Windows.Weight(x, y);
        }
    }

    private static void Divide(Tile answer, float[] weights)
    {
        for (int c = 0; c < answer.Channels; c++)
        {
            Span<float> plane = answer.Plane(c);
            for (int i = 0; i < plane.Length; i++)
                plane[i] /= weights[i];
        }
    }

    private void Shrink(Tile latents)
    {
        long pixels = (long)Windows.Width * Windows.Height;
        services.TileMemory.TooLarge(MemoryKey, pixels);
        int side = Math.Max(Windows.Width, Windows.Height) / 2;
        if (unet.FixedSize is not null || side < Math.Max(SmallestWindow, 2 * unet.MultipleOf))
        {
            throw new UpscaleException(
                UpscaleErrorId.OutOfMemory,
                $"A window of {Windows.Width} x {Windows.Height} latent pixels of '{card.Id}' needs more memory than {services.Models.Device} has free. Close other programs, or choose another device or model.");
        }

        Windows = LatentWindows.Over(latents.Width, latents.Height, (side, side), Overlap, unet.MultipleOf);
        services.Warn($"The network '{card.Id}' ran out of memory on {services.Models.Device}: it goes on with windows of {Windows.Width} x {Windows.Height} latent pixels, which changes the result a little.");
    }
}
