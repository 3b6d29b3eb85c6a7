namespace Upscale.Pipelines.Running;

/// <summary>Remembers which networks were looked up.</summary>
internal sealed class RecordedModels(IModelPool pool) : IModelPool
{
    private readonly List<ModelCard> _cards = [];

    public string Device => pool.Device;

    public long TileBudget => pool.TileBudget;

    /// <summary>In the order in which they were looked up, some perhaps twice.</summary>
    public IReadOnlyList<ModelCard> Cards
    {
        get
        {
            lock (_cards)
                return [.. _cards];
        }
    }

    public async ValueTask<ModelCard> DescribeAsync(string model, CancellationToken cancellationToken)
    {
        ModelCard card = await pool.DescribeAsync(model, cancellationToken).ConfigureAwait(false);
        lock (_cards)
            _cards.Add(card);
        return card;
    }

    public ValueTask<IModelLease> LeaseAsync(ModelCard card, CancellationToken cancellationToken) => pool.LeaseAsync(card, cancellationToken);

    public ValueTask<IModelLease> LeaseAsync(ModelCard card, string component, CancellationToken cancellationToken) => pool.LeaseAsync(card, component, cancellationToken);
}
