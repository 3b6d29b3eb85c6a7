using Upscale.Diffusion.Sources;

namespace Upscale.Diffusion.ResShift;

/// <summary>
/// One step of a sampler as a stage over the condition's grid. Between steps travel the condition and the phases of the state, so that every
/// step sees its neighbours as if the picture were whole. The first step makes its state of noise, or of a given picture; the last one gives
/// the enlarged condition plus the residual.
/// </summary>
/// <param name="card">The network.</param>
/// <param name="settings">What the sampler does.</param>
/// <param name="index">Number of the step, from 0.</param>
/// <param name="services">What the engine offers.</param>
internal sealed class ResShiftStep(ModelCard card, ResShiftSettings settings, int index, IStageServices services) : TileStage(services)
{
    private const string Component = "unet";

    private readonly INoise _noise = services.Noise;
    private readonly int[] _timesteps = settings.Schedule.Timesteps(settings.PictureStep ?? settings.Schedule.Steps);

    private bool IsFirst => index == 0;

    private bool IsLast => index == _timesteps.Length - 1;

    private int Factor => settings.Factor;

    private int Channels => settings.Channels;

    private int StatePlanes => Channels * Factor * Factor;

    /// <inheritdoc/>
    protected override ValueTask<TileProfile> DescribeAsync(ImageShape input, CancellationToken cancellationToken)
    {
        ModelComponent network = card.Components.First(c => c.Name == Component);
        return ValueTask.FromResult(new TileProfile
        {
            Scale = IsLast ? Factor : 1,
            OutputChannels = IsLast ? Channels : Channels + StatePlanes,
            Halo = network.Halo + (IsFirst && settings.PictureStep is not null ? BicubicEnlargement.Reach : 0),
            MultipleOf = network.MultipleOf,
            MinimumSize = network.MultipleOf,
            BytesPerPixel = network.BytesPerPixel,
            MemoryBudget = Services.Models.TileBudget,
            MemoryKey = ITileMemory.Key(network.Sha256, Services.Models.Device),
            OperationsPerPixel = (card.MegaflopsPerPixel ?? 0) * 1e6 / settings.Schedule.Timesteps(settings.Schedule.Steps).Length,
            Models = IsFirst ? [card.Id] : [],
            Device = Services.Models.Device,
        });
    }

    /// <inheritdoc/>
    protected override async ValueTask<RunOutcome> ProcessAsync(Tile input, Tile output, CancellationToken cancellationToken)
    {
        // Not kept between tiles: only one step of many works at a time.
        using var state = new Tile(input.Width * Factor, input.Height * Factor, Channels) { X = input.X * Factor, Y = input.Y * Factor };
        using var estimate = new Tile(state.Width, state.Height, Channels);
        int pixels = input.Width * input.Height;
        Memory<float> condition = input.Data[..(Channels * pixels)];
        int timestep = _timesteps[index];
        if (!IsFirst || settings.PictureStep is not null)
            PixelShuffle.Join(input.Data.Span[condition.Length..], state.Data.Span, input.Width, input.Height, Factor);
        if (IsFirst)
            Begin(input, state, estimate, timestep);

        int[] shape = [1, Channels, state.Height, state.Width];
        IModelLease lease = await Services.Models.LeaseAsync(card, Component, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            RunOutcome outcome = await lease.RunAsync(
                [
                    new NamedTensor("sample", shape, state.Data),
                    new NamedTensor("timestep", [1], new long[] { timestep }),
                    new NamedTensor("low_res", [1, Channels, input.Height, input.Width], condition),
                ],
                [new NamedTensor("out_sample", shape, estimate.Data)],
                cancellationToken).ConfigureAwait(false);
            if (outcome != RunOutcome.Done)
                return outcome;
        }

        Advance(state, estimate, timestep);
        if (IsLast)
            Finish(input, state, output);
        else
            PassOn(input, state, output);
        return RunOutcome.Done;
    }

    /// <summary>Makes x_t of noise, or of the picture that the state holds.</summary>
    private void Begin(Tile input, Tile state, Tile scratch, int t)
    {
        ResShiftSchedule schedule = settings.Schedule;
        if (settings.PictureStep is null)
        {
            state.Data.Span.Clear();
        }
        else
        {
            float share = (float)(schedule.ResidualAt(t) / schedule.ResidualStd);
            for (int c = 0; c < Channels; c++)
            {
                Span<float> enlarged = scratch.Plane(c);
                BicubicEnlargement.Run(input.Plane(c), input.Width, input.Height, Factor, enlarged);
                Span<float> x = state.Plane(c);
                for (int i = 0; i < x.Length; i++)
                    x[i] = share * (x[i] - enlarged[i]);
            }
        }

        AddNoise(state, 0, (float)(schedule.NoiseAt(t) * settings.Temperature));
    }

    private void Advance(Tile state, Tile estimate, int t)
    {
        (float keep, float take, float noise) = settings.Schedule.Step(t, IsLast ? 0 : _timesteps[index + 1], settings.Deterministic);
        WeightedSum.Mix(state.Data.Span, keep, estimate.Data.Span, take);
        AddNoise(state, index + 1, noise * (float)settings.Temperature);
    }

    private void AddNoise(Tile state, int step, float factor)
    {
        if (factor == 0)
            return;
        using var buffer = new FloatBuffer(state.Width);
        Span<float> noise = buffer.GetSpan();
        for (int c = 0; c < Channels; c++)
        {
            for (int y = 0; y < state.Height; y++)
            {
                _noise.Fill(settings.NoiseOffset + step, c, state.X, state.Y + y, noise);
                WeightedSum.Add(state.Row(c, y), noise, factor);
            }
        }
    }

    private void Finish(Tile input, Tile state, Tile output)
    {
        float std = (float)settings.Schedule.ResidualStd;
        for (int c = 0; c < Channels; c++)
        {
            BicubicEnlargement.Run(input.Plane(c), input.Width, input.Height, Factor, output.Plane(c));
            WeightedSum.Add(output.Plane(c), state.Plane(c), std);
        }
    }

    private void PassOn(Tile input, Tile state, Tile output)
    {
        int condition = Channels * input.Width * input.Height;
        input.Data.Span[..condition].CopyTo(output.Data.Span);
        PixelShuffle.Split(state.Data.Span, output.Data.Span[condition..], input.Width, input.Height, Factor);
    }
}
