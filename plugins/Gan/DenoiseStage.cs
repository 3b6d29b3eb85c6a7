namespace Upscale.Gan;

/// <summary>A network that takes noise out and leaves the size, as much of it as is wanted.</summary>
internal sealed class DenoiseStage(StageOptions options, IStageServices services) : IStage
{
    private readonly float _amount = (float)(options.GetNumber("amount") ?? 1);
    private IStage? _network;

    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        ModelCard card = await services.Models.DescribeAsync(options.GetString("model")!, cancellationToken).ConfigureAwait(false);
        card.CheckStage("gan");
        if (card.Scale != 1)
        {
            throw new UpscaleException(
                UpscaleErrorId.OptionInvalid,
                $"The stage 'denoise' cannot use the network '{card.Id}': it enlarges by {card.Scale}. Name a network that leaves the size, or give this one to the stage 'gan'.");
        }

        if (_amount == 0)
            return new StagePlan { Output = input };
        _network = LumaNetworkStage.Suits(card, input) ? new LumaNetworkStage(card, services, _amount) : new NetworkStage(card, services, _amount);
        StagePlan plan = await _network.PlanAsync(input, cancellationToken).ConfigureAwait(false);
        string[] warnings = card.GlobalPooling && plan.Tiles > 1 ? [GanStage.TonesMayDiffer(card)] : [];
        return plan with { Warnings = [.. plan.Warnings, .. warnings] };
    }

    public IStripSource Connect(IStripSource input)
    {
        if (_amount > 0)
            return (_network ?? throw new InvalidOperationException("The stage was not planned.")).Connect(input);
        services.ReportTiles(1);
        return input;
    }

    public ValueTask DisposeAsync() => _network?.DisposeAsync() ?? ValueTask.CompletedTask;
}
