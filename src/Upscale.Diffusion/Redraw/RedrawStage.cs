using Upscale.Diffusion.Colour;
using Upscale.Diffusion.Denoising;
using Upscale.Diffusion.Models;
using Upscale.Diffusion.Pipelines;
using Upscale.Diffusion.Sources;

namespace Upscale.Diffusion.Redraw;

/// <summary>
/// Makes a picture anew tile by tile, each with some of its surroundings as a picture of its own (as the Ultimate SD Upscale script does), then once more where
/// tiles meet. All tiles see the one noise of the picture at their places, so that neighbours agree. The whole picture is held in memory as three planes of
/// float, 12 bytes for each pixel, and as much again where colours are fixed.
/// </summary>
public sealed class RedrawStage : IStage
{
    private const int Planes = 3;
    private const long BytesPerPixel = Planes * sizeof(float);

    private readonly ImageToImage _whole;
    private readonly RedrawOptions _options;
    private readonly RepaintMask? _mask;
    private readonly ColorFix _colorFix;
    private readonly IStageServices _services;
    private readonly bool _legacy;
    private ImageShape _picture;
    private RedrawPlan _plan = null!;
    private int _window;

    /// <param name="folder">Of the model.</param>
    /// <param name="sampling">What the user says of sampling; with a strength over 0.</param>
    /// <param name="options">What the user says of tiles.</param>
    /// <param name="mask">Where to repaint; null for everywhere. Owned by the caller.</param>
    /// <param name="colorFix">How the result gets its colours back: once, as a whole.</param>
    /// <param name="services">What the engine offers.</param>
    /// <exception cref="UpscaleException">A component is missing or does not fit, or an option is out of range.</exception>
    public RedrawStage(PipelineFolder folder, SamplingOptions sampling, RedrawOptions options, RepaintMask? mask, ColorFix colorFix, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(folder);
        _whole = new ImageToImage(folder, sampling, mask, null, ColorFix.None, services);
        (_options, _mask, _colorFix, _services) = (options, mask, colorFix, services);
        _legacy = folder.Card.Pipeline == RepaintMask.LegacyPipeline;
    }

    /// <inheritdoc/>
    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        if (input.Pixels * Planes > int.MaxValue)
        {
            throw new UpscaleException(
                UpscaleErrorId.ImageTooLarge, $"A picture of {input.Width} x {input.Height} pixels is too large to be made anew tile by tile, which needs it whole in memory. Say 'redraw=fused'.");
        }

        _picture = input;
        _plan = RedrawPlan.Over(input, _options, _whole.PartLimits, _services.TileSize);
        RedrawPart[] tiles = [.. _plan.Parts.Where(p => !p.IsSeam)];
        _window = tiles.Max(t => Math.Max(t.Columns.Length, t.Rows.Length));
        int runs = 0;
        long memory = 0;
        StagePlan? first = null;
        foreach (IGrouping<(int, int, bool), RedrawPart> alike in _plan.Parts.GroupBy(p => (p.Columns.Length, p.Rows.Length, p.IsSeam)))
        {
            RedrawPart part = alike.First();
            using RepaintMask? mask = MaskOf(part);
            ImageToImage stage = StageOf(part, mask);
            await using (stage.ConfigureAwait(false))
            {
                StagePlan plan = await stage.PlanAsync(ShapeOf(part), cancellationToken).ConfigureAwait(false);
                first ??= plan;
                runs += alike.Count() * plan.Tiles;
                memory = Math.Max(memory, plan.MemoryBytes + (2 * BytesPerPixel * ShapeOf(part).Pixels));
            }
        }

        return first! with
        {
            Output = input,
            Halo = Math.Max(input.Width, input.Height),
            Tiles = runs,
            TileSize = (tiles[0].Columns.Length, tiles[0].Rows.Length),
            MemoryBytes = memory + (BytesPerPixel * input.Pixels * (_colorFix == ColorFix.None ? 1 : 2)),
        };
    }

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input)
    {
        ArgumentNullException.ThrowIfNull(input);
        IStripSource source = _picture.Channels == 1 ? new WideSource(input) : input;
        StripTee? kept = _colorFix != ColorFix.None ? new StripTee(source) : null;
        IStripSource picture = new SampledSource(_picture with { Channels = Planes }, kept?.First ?? source, RedrawAsync);
        if (kept is not null)
            picture = ColorFixing.Apply(_colorFix, picture, kept.Second);
        return _picture.Channels == 1 ? new MeanSource(picture) : picture;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _whole.DisposeAsync();

    private static ImageShape ShapeOf(RedrawPart part) => new(part.Columns.Length, part.Rows.Length, Planes);

    /// <returns>The canvas itself.</returns>
    private async Task<Tile> RedrawAsync(Tile canvas, CancellationToken cancellationToken)
    {
        try
        {
            _services.Log($"Makes {_plan.Columns} x {_plan.Rows} tiles anew, and {_plan.Parts.Count(p => p.IsSeam)} parts over their seams.");
            foreach (RedrawPart part in _plan.Parts)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await RedrawAsync(canvas, part, cancellationToken).ConfigureAwait(false);
            }

            return canvas;
        }
        catch
        {
            canvas.Dispose();
            throw;
        }
    }

    private async Task RedrawAsync(Tile canvas, RedrawPart part, CancellationToken cancellationToken)
    {
        using RepaintMask? mask = MaskOf(part);
        ImageToImage stage = StageOf(part, mask);
        await using (stage.ConfigureAwait(false))
        {
            await stage.PlanAsync(ShapeOf(part), cancellationToken).ConfigureAwait(false);
            IStripSource source = stage.Connect(RedrawCanvas.Cut(canvas, part));
            await using (source.ConfigureAwait(false))
            {
                using Tile made = await SampledSource.CollectAsync(source, cancellationToken).ConfigureAwait(false);
                RedrawCanvas.Paste(canvas, part, made);
            }
        }
    }

    private ImageToImage StageOf(RedrawPart part, RepaintMask? mask)
    {
        // Noise that has shaped a place before would only sharpen there what it has made.
        int alignment = _whole.PartLimits.Alignment;
        var noise = new PlacedNoise(new ShiftedNoise(_services.Noise, part.Pass), part.Columns.Start / alignment, part.Rows.Start / alignment);
        return _whole.ForPart(mask, part.IsSeam ? _options.SeamStrength : null, noise, _window);
    }

    /// <summary>
    /// What the network is to repaint of a part: for seams and for networks for inpainting all that will count at all, as far as the user's mask shows it; null for
    /// everything.
    /// </summary>
    private RepaintMask? MaskOf(RedrawPart part)
    {
        if (_mask is null && !part.IsSeam && !_whole.TakesMask)
            return null;

        // Repainting ends with whole latent pixels: where it did while the part still counts, there would be a new seam. Softness is left to the pasting.
        int cell = _whole.PartLimits.Alignment;
        var mask = new Tile(part.Columns.Length, part.Rows.Length, 1);
        mask.Data.Span.Clear();
        for (int top = 0; top < mask.Height; top += cell)
        {
            for (int left = 0; left < mask.Width; left += cell)
            {
                if (!Counts(part, left, top, cell))
                    continue;
                for (int y = top; y < top + cell; y++)
                {
                    for (int x = left; x < left + cell; x++)
                        mask.Row(0, y)[x] = _mask?.At(part.Columns.Start + x, part.Rows.Start + y) ?? 1;
                }
            }
        }

        return new RepaintMask(mask, ShapeOf(part), _legacy);
    }

    private static bool Counts(RedrawPart part, int left, int top, int cell)
    {
        for (int y = top; y < top + cell; y++)
        {
            for (int x = left; x < left + cell; x++)
            {
                if (part.Weight(part.Columns.Start + x, part.Rows.Start + y) > 0)
                    return true;
            }
        }

        return false;
    }
}
