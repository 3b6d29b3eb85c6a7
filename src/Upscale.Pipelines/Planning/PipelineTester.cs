using Upscale.Imaging;
using Upscale.Pipelines.Plugins;
using Upscale.Pipelines.Running;

namespace Upscale.Pipelines;

/// <summary>Plans a pipeline stage by stage and goes on after a refusal, so that all of them are told at once.</summary>
internal sealed class PipelineTester(PluginCatalog plugins, StageRates rates, Func<UpscaleRequest, StageServices> servicesFor)
{
    /// <summary>Stands for the size that is unknown after a stage that was refused.</summary>
    private static readonly ImageShape s_unknown = new(256, 256, 3);

    private readonly List<PipelineStagePlan> _stages = [];
    private readonly List<UpscaleException> _refusals = [];

    /// <summary>Plans.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="open">Gives the size of the picture and the format of the result.</param>
    /// <param name="checkEncoding">Refuses what the format does not hold.</param>
    /// <param name="cancellationToken">Ends the planning.</param>
    public async Task<PipelineTest> TestAsync(
        UpscaleRequest request, Func<Task<(ImageShape Input, ImageFormat Format)>> open, Action<ImageFormat, ImageShape> checkEncoding, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> warnings = [];
        try
        {
            StageServices services = servicesFor(request);
            (ImageShape input, ImageFormat format) = await open().ConfigureAwait(false);
            if (await PlanAsync(request, input, services, cancellationToken).ConfigureAwait(false) is { } output)
                checkEncoding(format, output);
            warnings = services.Warnings;
        }
        catch (UpscaleException e)
        {
            _refusals.Add(e);
        }

        return new PipelineTest(_stages, _refusals, warnings);
    }

    /// <summary>The size of the result; null when a stage is refused.</summary>
    private async Task<ImageShape?> PlanAsync(UpscaleRequest request, ImageShape input, StageServices services, CancellationToken cancellationToken)
    {
        (IReadOnlyList<StageSpec> specs, ImageShape? target) = await StageChain.SettleAsync(request, input, plugins, services, cancellationToken).ConfigureAwait(false);
        var chain = new StageChain(input, services);
        await using (chain.ConfigureAwait(false))
        {
            bool known = true;
            foreach (StageSpec spec in specs)
            {
                known = known
                    ? await AddAsync(request, chain, spec, cancellationToken).ConfigureAwait(false)
                    : await CheckAsync(request, spec, services, cancellationToken).ConfigureAwait(false);
            }

            if (known && chain.Missing(target) is { } missing)
                known = await AddAsync(request, chain, missing, cancellationToken).ConfigureAwait(false);
            return known ? chain.Output : null;
        }
    }

    private async Task<bool> AddAsync(UpscaleRequest request, StageChain chain, StageSpec spec, CancellationToken cancellationToken)
    {
        ImageShape input = chain.Output;
        PipelineStagePlan planned = Begin(request, spec) with { Input = input };
        try
        {
            await chain.AddAsync(spec, cancellationToken).ConfigureAwait(false);
        }
        catch (UpscaleException e)
        {
            Refuse(planned, e);
            return false;
        }

        StagePlan plan = chain.Plans[^1];
        _stages.Add(planned with
        {
            Output = plan.Output,
            Tiles = plan.Tiles,
            TileSize = plan.TileSize,
            MemoryBytes = plan.MemoryBytes,
            Model = plan.Models.Count > 0 ? string.Join(" + ", plan.Models) : null,
            Device = plan.Device,
            EstimatedTime = rates.Estimate(spec.Id, plan, request.Engine),
            Warnings = plan.Warnings,
        });
        return true;
    }

    /// <summary>Finds what is wrong with a stage whatever its input: its name, its options, its network.</summary>
    private async Task<bool> CheckAsync(UpscaleRequest request, StageSpec spec, StageServices services, CancellationToken cancellationToken)
    {
        PipelineStagePlan planned = Begin(request, spec);
        var chain = new StageChain(s_unknown, services);
        await using (chain.ConfigureAwait(false))
        {
            try
            {
                await chain.AddAsync(spec, cancellationToken).ConfigureAwait(false);
                _stages.Add(planned);
            }
            catch (UpscaleException e) when (e.ErrorId == UpscaleErrorId.ImageTooLarge)
            {
                _stages.Add(planned);
            }
            catch (UpscaleException e)
            {
                Refuse(planned, e);
            }
        }

        return false;
    }

    private void Refuse(PipelineStagePlan planned, UpscaleException error)
    {
        _stages.Add(planned with { Refusal = error.Message });
        _refusals.Add(new UpscaleException(error.ErrorId, $"Stage {planned.Index} '{planned.Stage}' of the pipeline '{planned.Pipeline}': {error.Message}", error));
    }

    private PipelineStagePlan Begin(UpscaleRequest request, StageSpec spec) => new()
    {
        Pipeline = request.Pipeline?.Name ?? "",
        Source = request.Source.Length > 0 ? request.Source : null,
        Index = _stages.Count,
        Stage = spec.Id,
        Options = spec.ToString() is var text && text.Length > spec.Id.Length ? text[(spec.Id.Length + 1)..] : "",
    };
}
